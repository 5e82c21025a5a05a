import type { InstanceFact } from '@bramble/contracts'
import type { Clock } from '@bramble/kit'

/** Facts that the bus has confirmed, for as long as somebody may still find that it lost them. */
export interface ToldLately {
  add(fact: InstanceFact): void
  all(): InstanceFact[]
}

const keptMs = 600_000

export function createToldLately(clock: Pick<Clock, 'monotonicMs'>): ToldLately {
  /** By id, in the order of their confirmation. */
  const told = new Map<string, { fact: InstanceFact; atMs: number }>()
  const forgetOld = () => {
    const oldestMs = clock.monotonicMs() - keptMs
    for (const [id, { atMs }] of told) {
      if (atMs >= oldestMs) return
      told.delete(id)
    }
  }
  return {
    add: (fact) => {
      told.delete(fact.id)
      told.set(fact.id, { fact, atMs: clock.monotonicMs() })
      forgetOld()
    },
    all: () => Array.from(told.values(), ({ fact }) => fact),
  }
}
