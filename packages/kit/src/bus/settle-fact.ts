// What becomes of one fact, the same for every adapter of the bus: it is handled until that works, or it is dead.
// A retryable failure is retried here, with the fact still in hand: to give it back to the broker for that would
// count against the broker's delivery limit, and would bring it back at once.
import { backoffMs } from '../backoff.ts'
import { describeError } from '../errors/describe-error.ts'
import { isRetryable } from '../errors/problem-error.ts'
import { waitFor } from '../wait-for.ts'
import type { DeliveryHandler } from './bus.ts'
import { decodeMessage } from './read-message.ts'

/** `unsettled`: the subscription stopped before the handler succeeded; the fact goes back to its queue. */
export type FactOutcome = { kind: 'handled' } | { kind: 'dead'; reason: string } | { kind: 'unsettled' }

export interface FactSettling {
  handler: DeliveryHandler
  stopped: AbortSignal
  /** Told once when the fact could not be handled at first and will be tried again. */
  onHeldUp: (error: unknown) => void
}

export const factBackoff = { initialMs: 50, maxMs: 5000 }

export async function settleFact(
  { key, bytes, redelivered }: { key: string; bytes: Buffer; redelivered: boolean },
  { handler, stopped, onHeldUp }: FactSettling,
): Promise<FactOutcome> {
  for (let failures = 0; !stopped.aborted;) {
    try {
      await handler({ key, body: decodeMessage(bytes), redelivered: redelivered || failures > 0 })
      return { kind: 'handled' }
    } catch (error) {
      if (!isRetryable(error)) return { kind: 'dead', reason: describeError(error) }
      failures += 1
      if (failures === 1) onHeldUp(error)
      await waitFor(backoffMs(failures, factBackoff), stopped)
    }
  }
  return { kind: 'unsettled' }
}
