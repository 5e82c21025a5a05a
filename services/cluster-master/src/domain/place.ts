// Which node takes an instance: filters first, the rest by score. Pure: the same functions can replay a decision.
import type { NodeId, ProblemCode } from '@bramble/contracts'
import { rejectionOf } from './place-filters.ts'
import type { PlaceContext, Rejection, Wanted } from './place-filters.ts'
import type { Policy } from './policies.ts'
import type { Score } from './place-scores.ts'
import type { RoomLoad, Rooms } from './rooms.ts'

export type NodeRejection = Rejection & { node: NodeId }

export interface Placing {
  policy: Policy
  context: PlaceContext
}

export type Verdict = { kind: 'placed'; node: NodeId } | { kind: 'refused'; rejections: NodeRejection[] }

/** `policy` decides which nodes can take it and which of those does. */
export function place(wanted: Wanted, rooms: Rooms, { policy, context }: Placing): Verdict {
  const { filters, scores } = policy
  const rejections: NodeRejection[] = []
  const load: RoomLoad = { memoryBytes: 0, cpus: 0, reservedMemoryBytes: 0, reservedCpus: 0 }
  let best: { node: NodeId; scored: number[] } | undefined
  for (let at = 0; at < rooms.size; at += 1) {
    const hasReported = rooms.readLoad(at, load)
    // Scores cost less than filters: whether a node fits that would not be the best need not be known.
    if (best && !(hasReported && isBetter(wanted, load, { scores, than: best.scored }))) continue
    const room = rooms.at(at)
    const rejection = rejectionOf(wanted, room, { filters, context })
    if (rejection) rejections.push({ node: room.id, ...rejection })
    else best = { node: room.id, scored: scores.map((score) => score(wanted, load)) }
  }
  return best ? { kind: 'placed', node: best.node } : { kind: 'refused', rejections }
}

/** The first score that tells them apart decides; most nodes need no more. */
function isBetter(
  wanted: Wanted,
  load: RoomLoad,
  { scores, than }: { scores: readonly Score[]; than: readonly number[] },
): boolean {
  for (let at = 0; at < scores.length; at += 1) {
    const score = scores[at]!(wanted, load)
    if (score !== than[at]) return score > than[at]!
  }
  return false
}

/** The one code that every node was refused with, or that no node fits. */
export function codeOf(rejections: readonly NodeRejection[]): ProblemCode {
  const codes = new Set(rejections.map(({ code }) => code))
  const [only] = codes
  return codes.size === 1 && only ? only : 'no_node_fits'
}

const namedNodes = 100

/** `pi-01, pi-03: is draining; pi-02: cannot provide CPU model Nehalem; and 38 more`. */
export function describeRejections(rejections: readonly NodeRejection[]): string {
  if (rejections.length === 0) return 'There is no node.'
  const byReason = Map.groupBy(rejections.slice(0, namedNodes), ({ reason }) => reason)
  const reasons = Array.from(byReason, ([reason, group]) => `${group.map(({ node }) => node).join(', ')}: ${reason}`)
  const rest = rejections.length - namedNodes
  return [...reasons, ...(rest > 0 ? [`and ${rest} more`] : [])].join('; ')
}
