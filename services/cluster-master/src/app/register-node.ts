import type { Node, NodeId } from '@bramble/contracts'
import { canonicalText } from '../domain/canonical-text.ts'
import { declareNode } from '../domain/declared-node.ts'
import { newNode } from '../domain/new-node.ts'
import type { Master } from '../master.ts'
import { declaredNode } from './declared-spec.ts'

export interface NodeRegistration {
  id: NodeId
  cluster: string
  labels?: Record<string, string>
}

/**
 * Makes a node of the cloudlet, approved; it is lost until it reports. A node that is there gets the cluster, and labels if
 * some are given; what the description of the testbed says of it counts more.
 */
export async function registerNode({ records, inTurn }: Master, registration: NodeRegistration): Promise<Node> {
  const { id, cluster, labels = {} } = registration
  return inTurn(`node ${id}`, async () => {
    const declared = declaredNode(records, id)?.spec
    const isSame = (a: Node, b: Node) => a.cluster === b.cluster && canonicalText(a.labels) === canonicalText(b.labels)
    const known = await records.nodes.update(id, (node) => {
      const registered = declareNode({ ...node, cluster, labels: registration.labels ?? node.labels }, declared)
      return isSame(node, registered) ? undefined : registered
    })
    return known ?? records.nodes.insert(declareNode(newNode({ id, cluster, labels, admission: 'approved' }), declared))
  })
}
