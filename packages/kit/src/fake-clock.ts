import { addMs } from './time.ts'
import type { Clock } from './time.ts'
import type { Timestamp } from '@bramble/contracts'

export interface FakeClock extends Clock {
  /** Moves time on and calls what became due, in order of its time. */
  advance(ms: number): void
}

interface Alarm {
  dueMs: number
  act: () => void
}

/** A clock that stands still until it is told to go on. */
export function fakeClock(start = '2026-01-01T00:00:00.000Z' as Timestamp): FakeClock {
  let elapsedMs = 0
  let alarms: Alarm[] = []

  const takeNextDue = (untilMs: number) => {
    const due = alarms.filter(({ dueMs }) => dueMs <= untilMs)
    const next = due.sort((a, b) => a.dueMs - b.dueMs)[0]
    if (next) alarms = alarms.filter((alarm) => alarm !== next)
    return next
  }

  return {
    now: () => addMs(start, elapsedMs),
    monotonicMs: () => elapsedMs,
    after: (delayMs, act) => {
      const alarm = { dueMs: elapsedMs + delayMs, act }
      alarms.push(alarm)
      return () => void (alarms = alarms.filter((other) => other !== alarm))
    },
    advance: (ms) => {
      const untilMs = elapsedMs + ms
      for (let next = takeNextDue(untilMs); next; next = takeNextDue(untilMs)) {
        elapsedMs = Math.max(elapsedMs, next.dueMs)
        next.act()
      }
      elapsedMs = untilMs
    },
  }
}
