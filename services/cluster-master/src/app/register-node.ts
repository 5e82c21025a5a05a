import type { Node, NodeId } from '@bramble/contracts'
import { newNode } from '../domain/new-node.ts'
import type { Master } from '../master.ts'

export interface NodeRegistration {
  id: NodeId
  cluster: string
  labels?: Record<string, string>
}

/** Makes a node of the cloudlet, approved; it is lost until it reports. A node that is there gets its cluster and labels. */
export async function registerNode({ records }: Master, registration: NodeRegistration): Promise<Node> {
  const { id, cluster, labels = {} } = registration
  const isSame = (node: Node) => node.cluster === cluster && JSON.stringify(node.labels) === JSON.stringify(labels)
  const known = await records.nodes.update(id, (node) => (isSame(node) ? undefined : { ...node, cluster, labels }))
  return known ?? records.nodes.insert(newNode({ id, cluster, labels, admission: 'approved' }))
}
