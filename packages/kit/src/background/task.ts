// A background task makes the world agree with what is stored, a little more at each run. It takes no input: it looks
// for itself what is to be done, so that a run too many does no harm and a run missed is made up by the next one.
//
//                 signal / period over                      run ended
//      idle ----------------------------> waiting ---> running ------> idle, or waiting again when
//        ^                                (minIntervalMs, backoff)     a signal came during the run
//        +------------------------------------------------------------+
//
// There is never more than one run of a task at a time. Any number of signals during a run lead to one more run.
import type { Timestamp } from '@bramble/contracts'
import { backoffMs } from '../backoff.ts'
import { describeError } from '../errors/describe-error.ts'
import type { Logger } from '../log/logger.ts'
import type { Clock } from '../time.ts'

export interface TaskDefinition {
  name: string
  /** Safe to repeat and to break off. `stopping` is aborted when the service stops. */
  run: (stopping: AbortSignal) => void | Promise<void>
  /** A run begins at the latest this long after the last one, signal or not. */
  periodMs: number
  /** No run begins sooner than this after the last one began, so that many signals cost one run; 0 when absent. */
  minIntervalMs?: number
}

export interface TaskState {
  runs: number
  failures: number
  running: boolean
  lastStartedAt?: Timestamp
  lastDurationMs?: number
  /** Of the last run; absent when that went well. */
  lastError?: string
}

/** Told of every run that ended; `metrics.ts` implements it. */
export interface TaskObserver {
  taskRan(run: { task: string; durationMs: number; failed: boolean }): void
}

export interface TaskContext {
  clock: Clock
  logger: Logger
  observer?: TaskObserver
}

export interface Task {
  definition: TaskDefinition
  state: Readonly<TaskState>
  /** There is something to do: run soon. Without effect before `start` and after `stop`. */
  activate(): void
  /** The first run begins at once. */
  start(): void
  /** Aborts `stopping` and waits for the run that is under way. */
  stop(): Promise<void>
}

/** Short at its longest: what was waited for may be back at any moment, and work has piled up meanwhile. */
const retry = { initialMs: 100, maxMs: 3000 }

export function createTask(definition: TaskDefinition, { clock, logger, observer }: TaskContext): Task {
  const { name, run, periodMs, minIntervalMs = 0 } = definition
  const state: TaskState = { runs: 0, failures: 0, running: false }
  const stopping = new AbortController()
  let isStarted = false
  let isSignalled = false
  let failuresInARow = 0
  let lastStartMs = -Infinity
  let notBeforeMs = -Infinity
  let cancelTimer = () => {}
  let underWay: Promise<void> = Promise.resolve()

  const scheduleAt = (atMs: number) => {
    cancelTimer()
    if (!isStarted || stopping.signal.aborted) return
    const delayMs = Math.max(0, Math.max(atMs, notBeforeMs) - clock.monotonicMs())
    cancelTimer = clock.after(delayMs, () => void (underWay = runOnce()))
  }
  const scheduleNext = () => scheduleAt(isSignalled ? -Infinity : lastStartMs + nextPeriodMs())
  const nextPeriodMs = () => (failuresInARow > 0 ? minIntervalMs : periodMs)

  const runOnce = async () => {
    isSignalled = false
    lastStartMs = clock.monotonicMs()
    Object.assign(state, { running: true, runs: state.runs + 1, lastStartedAt: clock.now() })
    const error = await failureOf(() => run(stopping.signal))
    const endedMs = clock.monotonicMs()
    Object.assign(state, { running: false, lastDurationMs: endedMs - lastStartMs })
    noteOutcome(error)
    const pauseMs = error === undefined ? 0 : backoffMs(failuresInARow, retry)
    notBeforeMs = Math.max(lastStartMs + minIntervalMs, endedMs + pauseMs)
    observer?.taskRan({ task: name, durationMs: endedMs - lastStartMs, failed: error !== undefined })
    scheduleNext()
  }

  /** A failure is logged when it is new, and when it is over; the repetitions in between are counted. */
  const noteOutcome = (error: Error | undefined) => {
    const told = state.lastError
    state.lastError = error && describeError(error)
    if (error === undefined) {
      if (failuresInARow > 0) logger.info({ task: name, failuresInARow }, 'task works again')
      failuresInARow = 0
      return
    }
    if (stopping.signal.aborted) return
    failuresInARow += 1
    state.failures += 1
    if (state.lastError !== told) logger.warn({ task: name, err: error }, 'task failed, will be tried again')
  }

  return {
    definition,
    state,
    activate: () => {
      if (isSignalled) return
      isSignalled = true
      if (!state.running) scheduleNext()
    },
    start: () => {
      isStarted = true
      scheduleAt(-Infinity)
    },
    stop: async () => {
      stopping.abort()
      cancelTimer()
      await underWay
    },
  }
}

async function failureOf(act: () => void | Promise<void>): Promise<Error | undefined> {
  try {
    await act()
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
