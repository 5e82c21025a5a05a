import type { Node, NodeId } from '@bramble/contracts'
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
  if (known) return known
  return records.nodes.insert({
    id,
    cluster,
    labels,
    admission: 'approved',
    liveness: 'lost',
    reserved: { memoryBytes: 0, cpus: 0 },
    instances: 0,
    cachedBases: [],
    cachedOverlays: [],
  })
}
