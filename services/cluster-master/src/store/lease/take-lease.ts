import { describeError } from '@bramble/kit'
import type { LeaseRecord, LeaseState, LeaseTerms } from '../lease.ts'

const pollMs = 500

export interface TakenLease {
  state: LeaseState
  /** When the write that took it was sent, on the monotonic clock. */
  sentMs: number
}

/** Waits until nobody has it, or who has it was not heard for the whole lease. */
export async function takeLease(record: LeaseRecord, session: string, terms: LeaseTerms): Promise<TakenLease> {
  const { holder, clock, logger, leaseMs, signal } = terms
  let seen: { state: LeaseState | undefined; sinceMs: number } | undefined
  let sentMs: number | undefined

  const tryOnce = async (): Promise<LeaseState | undefined> => {
    const state = await record.read()
    // A write of ours whose answer was lost.
    if (state?.session === session) return state
    if (!seen || !isSame(state, seen.state)) {
      if (state && state.session !== seen?.state?.session) tellWaiting(state, terms)
      seen = { state, sinceMs: clock.monotonicMs() }
    }
    if (state && clock.monotonicMs() - seen.sinceMs < leaseMs) return undefined
    const next = { holder, session, beat: (state?.beat ?? 0) + 1 }
    sentMs ??= clock.monotonicMs()
    if (await record.write(next, state)) return next
    sentMs = undefined
    return undefined
  }

  for (let told: string | undefined; ;) {
    signal?.throwIfAborted()
    try {
      const state = await tryOnce()
      if (state) return { state, sentMs: sentMs ?? clock.monotonicMs() }
      told = undefined
    } catch (error) {
      const reason = describeError(error)
      if (reason !== told) logger.warn({ err: error }, 'cannot ask for the lease of the store, will try again')
      told = reason
    }
    await new Promise<void>((resolve) => clock.after(pollMs, resolve))
  }
}

const isSame = (a: LeaseState | undefined, b: LeaseState | undefined) =>
  a?.session === b?.session && a?.beat === b?.beat

function tellWaiting({ holder }: LeaseState, { logger, onWaiting }: LeaseTerms): void {
  logger.info({ holder }, 'another master has the lease of the store: waiting')
  onWaiting?.(holder)
}
