// Steps under way. Each runs beside the loop and ends by itself; its end is a reason for the loop to look again. What
// an instance may expect to go wrong is handled by the step itself: an error that comes out of one is a bug or a lost
// dependency (a full disk, a hypervisor that is down). It is logged, and the job rests before it ends, so that the
// plan, which will ask for the same step again, does not spin.
import { backoffMs, describeError, waitFor } from '@bramble/kit'
import type { Logger } from '@bramble/kit'
import type { Progress } from '@bramble/contracts'
import { keyOf } from './step.ts'
import type { JobStep } from './step.ts'

export interface Job {
  step: JobStep
  /** Aborted when the job should end early; not all can. */
  signal: AbortSignal
  readonly isAborted: boolean
  detail?: string
  progress?: Progress | undefined
  /** Says what it is doing now, for people. */
  show: (detail: string, progress?: Progress) => void
}

export interface Jobs {
  running(): ReadonlyMap<string, Job>
  start(step: JobStep): void
  abort(key: string): void
  /** Aborts all jobs; resolves when they ended, or after `graceMs`. */
  stop(graceMs: number): Promise<void>
}

export interface JobsOptions {
  act: (step: JobStep, job: Job) => Promise<void>
  onEnd: () => void
  onShow: () => void
  logger: Logger
}

const rest = { initialMs: 500, maxMs: 10_000 }

export function createJobs({ act, onEnd, onShow, logger }: JobsOptions): Jobs {
  const running = new Map<string, Job>()
  const aborts = new Map<string, AbortController>()
  const ends = new Map<string, Promise<void>>()
  const failures = new Map<string, number>()
  let isStopped = false

  const run = async (key: string, job: Job) => {
    try {
      await act(job.step, job)
      failures.delete(key)
    } catch (error) {
      if (isStopped) return
      const count = (failures.get(key) ?? 0) + 1
      failures.set(key, count)
      logger.error({ err: error, step: job.step.kind, key, failures: count }, `step failed: ${describeError(error)}`)
      job.show(`will be tried again: ${describeError(error)}`)
      await waitFor(backoffMs(count, rest), job.signal)
    }
  }

  return {
    running: () => running,
    start: (step) => {
      const key = keyOf(step)
      const abort = new AbortController()
      const job = createJob(step, abort.signal, onShow)
      running.set(key, job)
      aborts.set(key, abort)
      const end = run(key, job).finally(() => {
        for (const map of [running, aborts, ends]) map.delete(key)
        onEnd()
      })
      ends.set(key, end)
    },
    abort: (key) => aborts.get(key)?.abort(),
    stop: async (graceMs) => {
      isStopped = true
      for (const abort of aborts.values()) abort.abort()
      const grace = new AbortController()
      const ended = Promise.all(ends.values()).finally(() => grace.abort())
      await Promise.race([ended, waitFor(graceMs, grace.signal)])
    },
  }
}

function createJob(step: JobStep, signal: AbortSignal, onShow: () => void): Job {
  const job: Job = {
    step,
    signal,
    get isAborted() {
      return signal.aborted
    },
    show: (detail, progress) => {
      job.detail = detail
      job.progress = progress
      onShow()
    },
  }
  return job
}
