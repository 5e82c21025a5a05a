import { backoffMs, describeError } from '@bramble/kit'
import type { Clock } from '@bramble/kit'

/** What failed, each with a pause of its own before it is tried again: the others go on meanwhile. */
export interface Retries<Id> {
  /** Tries it again later, after a longer pause each time; true when the error is another one than before. */
  failed(id: Id, error: unknown): boolean
  worked(id: Id): void
  /** Nothing is tried again any more. */
  stop(): void
}

interface Failing {
  failures: number
  error: string
  cancelTimer: () => void
}

const pauses = { initialMs: 100, maxMs: 3000 }

export function createRetries<Id>(clock: Pick<Clock, 'after'>, tryAgain: (id: Id) => void): Retries<Id> {
  const failing = new Map<Id, Failing>()
  return {
    failed: (id, cause) => {
      const before = failing.get(id)
      before?.cancelTimer()
      const failures = (before?.failures ?? 0) + 1
      const error = describeError(cause)
      const cancelTimer = clock.after(backoffMs(failures, pauses), () => tryAgain(id))
      failing.set(id, { failures, error, cancelTimer })
      return error !== before?.error
    },
    worked: (id) => {
      failing.get(id)?.cancelTimer()
      failing.delete(id)
    },
    stop: () => {
      for (const { cancelTimer } of failing.values()) cancelTimer()
    },
  }
}
