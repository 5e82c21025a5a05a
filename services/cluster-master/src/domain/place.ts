// Which node takes an instance: filters first, the rest by score. Pure: the same functions can replay a decision.
import type { NodeId, ProblemCode } from '@bramble/contracts'
import { rejectionOf } from './place-filters.ts'
import type { PlaceContext, Rejection, Wanted } from './place-filters.ts'
import type { Room } from './room.ts'

export type NodeRejection = Rejection & { node: NodeId }

export type Verdict = { kind: 'placed'; node: NodeId } | { kind: 'refused'; rejections: NodeRejection[] }

export function place(wanted: Wanted, rooms: Iterable<Room>, context: PlaceContext): Verdict {
  const rejections: NodeRejection[] = []
  let best: Room | undefined
  let bestScore = -Infinity
  for (const room of rooms) {
    const rejection = rejectionOf(wanted, room, context)
    if (rejection) {
      rejections.push({ node: room.id, ...rejection })
      continue
    }
    const score = scoreOf(wanted, room)
    if (score > bestScore) [best, bestScore] = [room, score]
  }
  return best ? { kind: 'placed', node: best.id } : { kind: 'refused', rejections }
}

/** Least reserved first, and any node with room for the ideal before one without. */
function scoreOf({ reserve, ideal }: Wanted, { reserved, host }: Room): number {
  if (!host) return -Infinity
  const fitsIdeal =
    host.memoryBytes - reserved.memoryBytes >= ideal.memoryBytes && host.cpus - reserved.cpus >= ideal.cpus
  const memoryShare = (reserved.memoryBytes + reserve.memoryBytes) / host.memoryBytes
  const cpuShare = (reserved.cpus + reserve.cpus) / host.cpus
  return (fitsIdeal ? 1000 : 0) - memoryShare - cpuShare
}

/** The one code that every node was refused with, or that no node fits. */
export function codeOf(rejections: readonly NodeRejection[]): ProblemCode {
  const codes = new Set(rejections.map(({ code }) => code))
  const [only] = codes
  return codes.size === 1 && only ? only : 'no_node_fits'
}

const namedNodes = 10

/** `pi-01 is draining; pi-02 cannot provide CPU model Nehalem; and 38 more`. */
export function describeRejections(rejections: readonly NodeRejection[]): string {
  if (rejections.length === 0) return 'There is no node.'
  const named = rejections.slice(0, namedNodes).map(({ node, reason }) => `${node}: ${reason}`)
  const rest = rejections.length - named.length
  return [...named, ...(rest > 0 ? [`and ${rest} more`] : [])].join('; ')
}
