// Nodes as JSON, each kept until something of it has changed: a list of thousands costs what is new in it. Documents and
// reports are never changed, only replaced; the sums of what a node was given are changed.
import type { Node } from '@bramble/contracts'
import type { FleetNode } from './fleet-node.ts'
import type { Fleet } from './fleet.ts'
import { projectNode } from './project.ts'

export type NodeBytes = (node: Node) => Buffer

interface Kept {
  bytes: Buffer
  node: Node
  /** Another one with each report. */
  heard: FleetNode['heard']
  memoryBytes: number
  cpus: number
  instances: number
  frozen: string | undefined
}

export function createNodeBytes(fleet: Fleet): NodeBytes {
  const kept = new WeakMap<FleetNode, Kept>()
  return (node) => {
    const known = fleet.node(node.id)
    if (!known) return encode(node)
    const last = kept.get(known)
    if (last && isStillRight(last, node, known)) return last.bytes
    const { heard, frozen, reserved, instances } = known
    const bytes = encode(projectNode(fleet, node))
    kept.set(known, { bytes, node, heard, ...reserved, instances: instances.size, frozen })
    return bytes
  }
}

const encode = (node: Node) => Buffer.from(JSON.stringify(node))

const isStillRight = (kept: Kept, node: Node, { heard, reserved, instances, frozen }: FleetNode): boolean =>
  kept.node === node &&
  kept.heard === heard &&
  kept.memoryBytes === reserved.memoryBytes &&
  kept.cpus === reserved.cpus &&
  kept.instances === instances.size &&
  kept.frozen === frozen
