import { createTask } from '@bramble/kit'
import type { Clock, Logger } from '@bramble/kit'
import type { Dependency, KeptReadiness } from './readiness.ts'

export interface WatchedDependency {
  dependency: Dependency
  /** Resolves when it works; rejects with the reason when not. */
  probe: () => Promise<void>
}

export interface WatchContext {
  readiness: KeptReadiness
  clock: Clock
  logger: Logger
}

export interface Watch {
  /** Something went wrong with it: it is probed now. */
  doubt(): void
  stop(): Promise<void>
}

const periodMs = 2000
/** A probe that hangs counts as one that failed. */
export const probeTimeoutMs = 4000

/** Probes it from time to time, and whenever somebody has doubts. What the probe finds is what counts. */
export function watchDependency({ dependency, probe }: WatchedDependency, context: WatchContext): Watch {
  const { readiness, clock, logger } = context
  const run = async () => {
    try {
      await withTimeout(probe, clock)
      readiness.works(dependency)
    } catch (error) {
      readiness.fails(dependency, error)
    }
  }
  const task = createTask({ name: `watch-${dependency}`, periodMs, run }, { clock, logger })
  task.start()
  return { doubt: task.activate, stop: task.stop }
}

async function withTimeout(act: () => Promise<void>, clock: Clock): Promise<void> {
  const { promise: timeout, reject } = Promise.withResolvers<never>()
  const cancel = clock.after(probeTimeoutMs, () => reject(new Error(`no answer within ${probeTimeoutMs} ms`)))
  try {
    await Promise.race([act(), timeout])
  } finally {
    cancel()
  }
}
