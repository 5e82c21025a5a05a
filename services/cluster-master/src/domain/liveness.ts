import type { Node } from '@bramble/contracts'

export const suspectAfterMs = 30_000
export const lostAfterMs = 120_000

/**
 * How a node stands by how long it has been silent. A silence is counted from the master's own start at the earliest
 * (nobody is lost for its restart), and only a report makes a node ready.
 */
export function livenessAfter(silentMs: number, now: Node['liveness']): Node['liveness'] {
  if (silentMs >= lostAfterMs || now === 'lost') return 'lost'
  return silentMs >= suspectAfterMs ? 'suspect' : now
}
