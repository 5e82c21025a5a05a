import { addMs, msBetween, systemClock } from './time.ts'
import type { Clock } from './time.ts'

/** Time that passes `rate` times as fast, for tests of what takes minutes: all that measures each other must share it. */
export function hurriedClock(rate: number): Clock {
  const start = systemClock.now()
  return {
    now: () => addMs(start, msBetween(start, systemClock.now()) * rate),
    monotonicMs: () => systemClock.monotonicMs() * rate,
    after: (delayMs, act) => systemClock.after(delayMs / rate, act),
  }
}
