import { toTimestamp } from '@bramble/contracts'
import type { Timestamp } from '@bramble/contracts'

/** The only source of time of a service; tests give a `fakeClock` in its place. */
export interface Clock {
  now(): Timestamp
  /** Milliseconds since an arbitrary start; never goes back, so durations are measured with it. */
  monotonicMs(): number
  /** Calls `act` once after `delayMs`, unless the returned function was called before. */
  after(delayMs: number, act: () => void): () => void
}

export const systemClock: Clock = {
  now: () => toTimestamp(new Date()),
  monotonicMs: () => performance.now(),
  after: (delayMs, act) => {
    const timer = setTimeout(act, delayMs)
    return () => clearTimeout(timer)
  },
}

/** `addMs(at, -5000)` is five seconds before `at`. */
export const addMs = (at: Timestamp, ms: number): Timestamp => toTimestamp(new Date(Date.parse(at) + ms))

/** Milliseconds from one time to another; negative when `to` is the earlier one. */
export const msBetween = (from: Timestamp, to: Timestamp): number => Date.parse(to) - Date.parse(from)

/** What ends does so no earlier than it began, whatever was done to the clock meanwhile. */
export const laterOf = (a: Timestamp, b: Timestamp): Timestamp => (msBetween(a, b) > 0 ? b : a)
