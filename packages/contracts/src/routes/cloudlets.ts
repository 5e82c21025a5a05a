import { defineRoute } from '../route.ts'
import { listQueryOf, pageOf } from '../v1/page.ts'
import { operators, readers } from '../v1/role.ts'
import { SeenCloudlet, SeenNode } from '../v1/sighting.ts'

export const cloudletRoutes = {
  list: defineRoute({
    id: 'cloudlets.list',
    method: 'get',
    path: '/v1/cloudlets',
    summary: 'List other cloudlets that tell of themselves on the networks of this one',
    tag: 'cloudlets',
    roles: readers,
    query: listQueryOf(SeenCloudlet),
    status: 200,
    answer: pageOf(SeenCloudlet),
  }),
}

export const seenNodeRoutes = {
  list: defineRoute({
    id: 'seenNodes.list',
    method: 'get',
    path: '/v1/seen-nodes',
    summary: 'List hosts whose agents wait for a join token on the networks of this cloudlet',
    tag: 'seenNodes',
    roles: operators,
    query: listQueryOf(SeenNode),
    status: 200,
    answer: pageOf(SeenNode),
  }),
}
