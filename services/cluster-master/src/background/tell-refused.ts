import type { TaskDefinition } from '@bramble/kit'
import type { Master } from '../master.ts'

/** All nodes are told: when many are approved or retired in a row, not of each. */
const minIntervalMs = 2000

/** Has all desired documents made anew when whom nodes are to refuse has changed. */
export function tellRefused({ fleet, work }: Pick<Master, 'fleet' | 'work'>): TaskDefinition {
  return {
    name: 'tell-refused',
    periodMs: 600_000,
    minIntervalMs,
    run: () => {
      if (work.refused.take().length === 0) return
      for (const { id } of fleet.nodes()) work.nodes.add(id)
    },
  }
}
