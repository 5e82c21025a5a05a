import { z } from 'zod'
import { defineRoute } from '../route.ts'
import type { Route } from '../route.ts'
import { NodeId } from '../v1/ids.ts'
import { Inspection } from '../v1/inspection.ts'
import { BrokerAccess, RenewCertificate, RenewedCertificate } from '../v1/join.ts'
import { DrainedNode, DrainNode, Node, RetireNode, UpdateNode } from '../v1/node.ts'
import { listQueryOf, pageOf } from '../v1/page.ts'
import { operators, readers } from '../v1/role.ts'

const params = z.object({ node: NodeId })

/** What an operator does to a node. */
const actOf = <const Verb extends string>(verb: Verb, summary: string) =>
  ({
    id: `nodes.${verb}`,
    method: 'post',
    path: `/v1/nodes/:node/actions/${verb}`,
    summary,
    tag: 'nodes',
    roles: operators,
    params,
    status: 200,
  }) as const satisfies Route

/** What a node does for itself; no other caller may. */
const ownOf = <const Part extends string>(part: Part, summary: string) =>
  ({
    id: `nodes.${part}`,
    method: 'post',
    path: `/v1/nodes/:node/${part}`,
    summary,
    tag: 'nodes',
    roles: ['node'],
    params,
    status: 200,
  }) as const satisfies Route

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
    params,
    status: 200,
    answer: Node,
  }),
  inspect: defineRoute({
    id: 'nodes.inspect',
    method: 'get',
    path: '/v1/nodes/:node/inspection',
    summary: 'Look at a node from inside: what its agent was told, does, and sees',
    tag: 'nodes',
    roles: operators,
    params,
    status: 200,
    answer: Inspection,
  }),
  update: defineRoute({
    id: 'nodes.update',
    method: 'patch',
    path: '/v1/nodes/:node',
    summary: 'Change cluster or labels of a node (merge patch; null takes a label away)',
    tag: 'nodes',
    roles: operators,
    params,
    body: UpdateNode,
    status: 200,
    answer: Node,
  }),
  approve: defineRoute({ ...actOf('approve', 'Let a node that joined take instances'), answer: Node }),
  drain: defineRoute({
    ...actOf('drain', 'Give a node no new instances, and with `evict` delete those that it has'),
    body: DrainNode,
    answer: DrainedNode,
  }),
  undrain: defineRoute({ ...actOf('undrain', 'Let a drained node take instances again'), answer: Node }),
  retire: defineRoute({
    ...actOf('retire', 'End what a node may do: its token, its certificate and its broker user count no more'),
    body: RetireNode,
    answer: Node,
  }),
  broker: defineRoute({
    ...ownOf('broker', 'Get what the node connects to the broker with; the password before counts no more'),
    answer: BrokerAccess,
  }),
  certificate: defineRoute({
    ...ownOf('certificate', 'Get a new certificate for the key that the node joined with'),
    body: RenewCertificate,
    answer: RenewedCertificate,
  }),
}
