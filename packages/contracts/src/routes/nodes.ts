import { z } from 'zod'
import { defineRoute } from '../route.ts'
import { NodeId } from '../v1/ids.ts'
import { Node } from '../v1/node.ts'
import { listQueryOf, pageOf } from '../v1/page.ts'
import { readers } from '../v1/role.ts'

export const nodeRoutes = {
  list: defineRoute({
    id: 'nodes.list',
    method: 'get',
    path: '/v1/nodes',
    summary: 'List the nodes of the cloudlet',
    tag: 'nodes',
    roles: readers,
    query: listQueryOf(Node),
    status: 200,
    answer: pageOf(Node),
  }),
  show: defineRoute({
    id: 'nodes.show',
    method: 'get',
    path: '/v1/nodes/:node',
    summary: 'Show one node',
    tag: 'nodes',
    roles: readers,
    params: z.object({ node: NodeId }),
    status: 200,
    answer: Node,
  }),
}
