import { NodeId } from './v1/ids.ts'

// Names in the certificates of a cloudlet's own CA, by which master and agents know whom they talk to.

/** Common name of the master's certificate. */
export const masterCommonName = 'master'
/** DNS name in the master's certificate. */
export const masterServerName = 'master.bramble.internal'
/** Of the broker's, when that is of the cloudlet's CA: both the common name and the DNS name. */
export const brokerServerName = 'broker.bramble.internal'

/** Common name of a node's certificate. */
export const nodeCommonName = (node: NodeId): string => `node.${node}`
/** DNS name in a node's certificate: what a caller of its listener checks, whatever address it called. */
export const nodeServerName = (node: NodeId): string => `${node}.node.bramble.internal`

/** The node that a common name is of; undefined for any other name. */
export const nodeOfCommonName = (name: string): NodeId | undefined =>
  name.startsWith('node.') ? NodeId.safeParse(name.slice('node.'.length)).data : undefined
