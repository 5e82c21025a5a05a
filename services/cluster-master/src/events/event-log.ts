// Numbered events: appended in groups, and told at once to those who follow.
import type { Event } from '@bramble/contracts'
import { WriteInDoubtError } from '../store/errors.ts'
import type { Store } from '../store/store.ts'

export type UnnumberedEvent = Omit<Event, 'sequence'>

export interface EventLog {
  /** Resolves when they are stored; those whose id is there already are left out. */
  append(events: UnnumberedEvent[]): Promise<void>
  /** Calls with every new event, in order; returns the way to end it. */
  follow(listener: (event: Event) => void): () => void
}

export function createEventLog(store: Store, keep: number): EventLog {
  const listeners = new Set<(event: Event) => void>()
  let waiting: UnnumberedEvent[] = []
  let underWay: Promise<void> = Promise.resolve()
  let next: Promise<void> | undefined

  // All that comes while one group is being written makes up the next group: order is kept, and so are fsyncs few.
  const write = async () => {
    next = undefined
    const group = waiting
    waiting = []
    try {
      tell(await store.appendEvents(group, keep))
    } catch (error) {
      // Told when it is known that they are stored: appended once more, they would not be new.
      if (error instanceof WriteInDoubtError) (error.outcome as Promise<Event[]>).then(tell, () => {})
      throw error
    }
  }
  const tell = (events: Event[]) => {
    for (const event of events) for (const listener of listeners) listener(event)
  }

  return {
    append: (events) => {
      waiting.push(...events)
      next ??= underWay = underWay.then(write, write)
      return next
    },
    follow: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
