import { suspectAfterMs } from '../domain/liveness.ts'
import type { Freeze } from '../domain/liveness.ts'
import type { FleetNode } from '../fleet/fleet-node.ts'
import type { Master } from '../master.ts'

/** Clusters of which no node is counted lost at present. */
export interface Freezes {
  note(freezes: ReadonlyMap<string, Freeze>, nowMs: number): Promise<void>
  isHeld(cluster: string): boolean
  /** Why a node that is silent is not counted lost. */
  reason(node: Pick<FleetNode, 'cluster' | 'liveness'>): string | undefined
}

/** Nodes of a cluster that thaws come back one by one, each with its next report: those still out are given the time. */
const heldAfterMs = suspectAfterMs

export function createFreezes({ events, clock, logger }: Pick<Master, 'events' | 'clock' | 'logger'>): Freezes {
  const held = new Map<string, Freeze & { lastMs: number }>()

  const tell = (cluster: string, verb: 'frozen' | 'thawed', text: string) => {
    const at = clock.now()
    const summary = `cluster ${cluster} ${verb}: ${text}`
    logger.warn({ cluster }, summary)
    const resource = { kind: 'cluster' as const, id: cluster }
    return events.append([{ id: `cluster.${cluster}:${verb}:${at}`, type: `cluster.${verb}`, at, resource, summary }])
  }

  return {
    note: async (freezes, nowMs) => {
      for (const [cluster, freeze] of freezes) {
        const isNew = !held.has(cluster)
        held.set(cluster, { ...freeze, lastMs: nowMs })
        if (isNew) await tell(cluster, 'frozen', `${describe(freeze)}, so none is counted lost`)
      }
      for (const [cluster, { lastMs }] of held) {
        if (nowMs - lastMs < heldAfterMs) continue
        held.delete(cluster)
        await tell(cluster, 'thawed', 'nodes that stay silent are counted lost again')
      }
    },
    isHeld: (cluster) => held.has(cluster),
    reason: ({ cluster, liveness }) => {
      const freeze = held.get(cluster)
      return freeze && liveness === 'suspect' ? `${describe(freeze)} in cluster ${cluster}` : undefined
    },
  }
}

const describe = ({ silent, of }: Freeze) => `${silent} of ${of} nodes are silent at once`
