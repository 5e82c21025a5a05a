// How nodes stand, by how long the master has heard nothing of them. A silence is counted from the master's own start at
// the earliest, so that nobody is lost for its restart; only a report makes a node ready.
//
// When most of a cluster falls silent at once the cause is likely to be elsewhere, a switch or this master: then none of
// its nodes is counted lost. The numbers are those of Kubernetes' node controller for a zone that is partly disrupted.
import { canNode } from '@bramble/contracts'
import type { Node, NodeId } from '@bramble/contracts'

export const suspectAfterMs = 30_000
/** Later than any instance may run without the master (`whenLost`), with time for its node to end it. */
export const lostAfterMs = 120_000

const frozenFrom = { share: 0.55, moreThanNodes: 2 }

type Liveness = Node['liveness']

export interface Silence {
  id: NodeId
  cluster: string
  admission: Node['admission']
  liveness: Liveness
  silentMs: number
}

export interface Freeze {
  silent: number
  /** Of how many nodes that were not lost before. */
  of: number
}

/** `isHeld`: its cluster is frozen, or was a moment ago. */
export function livenessAfter(silentMs: number, now: Liveness, { isHeld }: { isHeld: boolean }): Liveness {
  if (now === 'lost') return 'lost'
  if (silentMs >= lostAfterMs && !isHeld) return 'lost'
  return silentMs >= suspectAfterMs ? 'suspect' : now
}

/** By cluster; those that are not frozen are left out. */
export function freezesOf(nodes: Iterable<Silence>): Map<string, Freeze> {
  const freezes = new Map<string, Freeze>()
  for (const { cluster, admission, liveness, silentMs } of nodes) {
    if (liveness === 'lost' || !canNode('serve', admission)) continue
    const { silent, of } = freezes.get(cluster) ?? { silent: 0, of: 0 }
    freezes.set(cluster, { silent: silent + (silentMs >= suspectAfterMs ? 1 : 0), of: of + 1 })
  }
  for (const [cluster, freeze] of freezes) if (!isFrozen(freeze)) freezes.delete(cluster)
  return freezes
}

const isFrozen = ({ silent, of }: Freeze) => silent > frozenFrom.moreThanNodes && silent / of >= frozenFrom.share
