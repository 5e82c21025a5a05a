// Which node takes an instance: filters first, the rest by score. Pure: the same functions can replay a decision.
import type { NodeId, ProblemCode } from '@bramble/contracts'
import { rejectionOf } from './place-filters.ts'
import type { PlaceContext, Rejection, Wanted } from './place-filters.ts'
import type { Policy } from './policies.ts'
import type { Score } from './place-scores.ts'
import type { Room } from './room.ts'

export type NodeRejection = Rejection & { node: NodeId }

export interface Placing {
  policy: Policy
  context: PlaceContext
}

export type Verdict = { kind: 'placed'; node: NodeId } | { kind: 'refused'; rejections: NodeRejection[] }

/** `policy` decides which nodes can take it and which of those does. */
export function place(wanted: Wanted, rooms: Iterable<Room>, { policy, context }: Placing): Verdict {
  const { filters, scores } = policy
  const rejections: NodeRejection[] = []
  let best: { node: NodeId; scored: number[] } | undefined
  for (const room of rooms) {
    // Scores cost less than filters: whether a node fits that would not be the best need not be known.
    if (best && !isBetter(wanted, room, { scores, than: best.scored })) continue
    const rejection = rejectionOf(wanted, room, { filters, context })
    if (rejection) rejections.push({ node: room.id, ...rejection })
    else best = { node: room.id, scored: scoresOf(wanted, room, scores) }
  }
  return best ? { kind: 'placed', node: best.node } : { kind: 'refused', rejections }
}

const scoresOf = (wanted: Wanted, room: Room, scores: readonly Score[]): number[] => {
  const { host } = room
  return host ? scores.map((score) => score(wanted, room, host)) : []
}

/** The first score that tells them apart decides; most nodes need no more. */
function isBetter(
  wanted: Wanted,
  room: Room,
  { scores, than }: { scores: readonly Score[]; than: readonly number[] },
): boolean {
  if (!room.host) return false
  for (let at = 0; at < scores.length; at += 1) {
    const score = scores[at]!(wanted, room, room.host)
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
