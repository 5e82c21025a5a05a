import type { Health } from '@bramble/contracts'
import { describeError } from './errors/describe-error.ts'

/** Resolves when the thing depended on works; rejects with the reason when not. */
export type HealthCheck = (signal: AbortSignal) => unknown

/** What a service depends on, by name. */
export interface HealthChecks {
  add(name: string, check: HealthCheck, options?: { timeoutMs?: number }): void
  /** Runs all checks; whoever asks while they run gets the same answer. */
  check(): Promise<Health>
}

type Outcome = Health['checks'][string]

export function createHealthChecks(): HealthChecks {
  const checks = new Map<string, () => Promise<Outcome>>()
  let underWay: Promise<Health> | undefined

  const checkAll = async (): Promise<Health> => {
    const entries = [...checks].map(async ([name, check]) => [name, await check()] as const)
    const outcomes = Object.fromEntries(await Promise.all(entries))
    return { status: Object.values(outcomes).every(({ ok }) => ok) ? 'ok' : 'degraded', checks: outcomes }
  }

  return {
    add: (name, check, { timeoutMs = 2000 } = {}) => void checks.set(name, () => runCheck(check, timeoutMs)),
    check: () => (underWay ??= checkAll().finally(() => (underWay = undefined))),
  }
}

async function runCheck(check: HealthCheck, timeoutMs: number): Promise<Outcome> {
  const startedMs = performance.now()
  const failure = await failureOf(check, timeoutMs)
  const tookMs = Math.round(performance.now() - startedMs)
  return failure === undefined ? { ok: true, tookMs } : { ok: false, tookMs, detail: failure }
}

async function failureOf(check: HealthCheck, timeoutMs: number): Promise<string | undefined> {
  const late = new AbortController()
  const { promise: timeout, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    reject(new Error(`no answer within ${timeoutMs} ms`))
    late.abort()
  }, timeoutMs)
  try {
    await Promise.race([(async () => check(late.signal))(), timeout])
    return undefined
  } catch (error) {
    return describeError(error)
  } finally {
    clearTimeout(timer)
  }
}
