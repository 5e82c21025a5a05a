// Whether the things that the master cannot do without work: what /readyz names, and what requests are refused by
// before they begin. It is a state that is kept, not a question that is asked: a request costs nothing, and is answered
// at once also while something hangs.
import type { Health, Timestamp } from '@bramble/contracts'
import { createHealthChecks, describeError, ProblemError } from '@bramble/kit'
import type { Bus, Clock, Logger } from '@bramble/kit'
import type { Store } from '../store/store.ts'

/** `lease`: the right to be the one master that acts on the store. */
export type Dependency = 'store' | 'lease' | 'bus'

export interface Readiness {
  /** As /readyz answers it. */
  check(): Promise<Health>
  /** @throws `unavailable` when it does not work */
  demand(dependency: Dependency): void
}

export interface KeptReadiness extends Readiness {
  isUp(dependency: Dependency): boolean
  works(dependency: Dependency): void
  fails(dependency: Dependency, reason: unknown): void
  /** All that does not work, in one line; undefined when nothing is missing. */
  missing(): string | undefined
}

/** What a caller waits before it tries again: about as long as it takes to notice that something is back. */
export const retryAfterSeconds = 2

interface State {
  reason: string | undefined
  sinceMs: number
  /** When it was last seen to work. */
  lastOkAt?: Timestamp
}

/** Nothing works until it is told to. */
export function createReadiness(
  dependencies: readonly Dependency[],
  { logger, clock }: { logger: Logger; clock: Clock },
): KeptReadiness {
  const startedAtMs = clock.monotonicMs()
  const states = new Map<Dependency, State>(
    dependencies.map((name) => [name, { reason: 'has not been reached yet', sinceMs: startedAtMs }]),
  )
  const reasonOf = (dependency: Dependency) => states.get(dependency)?.reason

  return {
    isUp: (dependency) => reasonOf(dependency) === undefined,
    works: (dependency) => {
      const { reason, sinceMs = startedAtMs } = states.get(dependency) ?? {}
      const nowMs = clock.monotonicMs()
      const isNew = reason !== undefined
      states.set(dependency, { reason: undefined, sinceMs: isNew ? nowMs : sinceMs, lastOkAt: clock.now() })
      if (!isNew) return
      logger.info({ dependency, missingMs: Math.round(nowMs - sinceMs) }, `${dependency} works`)
    },
    fails: (dependency, cause) => {
      const reason = describeError(cause)
      const before = states.get(dependency)
      if (before?.reason === reason) return
      const isNew = before?.reason === undefined
      states.set(dependency, { ...before, reason, sinceMs: isNew ? clock.monotonicMs() : before.sinceMs })
      logger.warn({ dependency, reason }, `${dependency} does not work`)
    },
    missing: () => {
      const all = [...states].filter(([, { reason }]) => reason !== undefined)
      return all.length === 0 ? undefined : all.map(([name, { reason }]) => `${name}: ${reason}`).join('; ')
    },
    check: async () => healthOf(states),
    demand: (dependency) => {
      const reason = reasonOf(dependency)
      if (reason === undefined) return
      throw new ProblemError('unavailable', `The ${dependency} does not work: ${reason}`, { retryAfterSeconds })
    },
  }
}

function healthOf(states: ReadonlyMap<Dependency, State>): Health {
  const checks = Object.fromEntries(
    [...states].map(([name, { reason, lastOkAt }]) => [
      name,
      { ok: reason === undefined, ...(reason !== undefined && { detail: reason }), ...(lastOkAt && { lastOkAt }) },
    ]),
  )
  return { status: Object.values(checks).every(({ ok }) => ok) ? 'ok' : 'degraded', checks }
}

/** Where store and bus are of this process: they are probed when somebody asks, and nothing is refused beforehand. */
export function probeWhenAsked({ store, bus }: { store: Store; bus: Bus }): Readiness {
  const health = createHealthChecks()
  health.add('store', () => store.probe())
  health.add('bus', () => bus.probe())
  return { check: health.check, demand: () => {} }
}
