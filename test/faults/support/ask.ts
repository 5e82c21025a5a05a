import { setTimeout as pause } from 'node:timers/promises'
import { ProblemError, UnreachableError } from '@bramble/client'

export interface Asking {
  /** Times of all answers, refusals included. */
  answersMs: number[]
  /** Codes of the refusals that were asked again on. */
  refusals: Map<string, number>
}

export const newAsking = (): Asking => ({ answersMs: [], refusals: new Map() })

/** What passes by itself: something is down, nodes have not reported yet, or the same request is still under way. */
const passing = ['unavailable', 'not_serving', 'no_node_fits', 'idempotency_key_running']
const retryMs = 400
export const hangMs = 20_000
/** Whatever is down in a test is back long before. */
const patienceMs = 90_000

/** Asks with one Idempotency-Key until it is accepted, however often the master dies or refuses meanwhile. */
export async function askUntilAccepted<T>(
  ask: (how: { idempotencyKey: string; signal: AbortSignal }) => Promise<T>,
  { key, asking = newAsking(), stopped }: { key: string; asking?: Asking; stopped?: AbortSignal },
): Promise<T> {
  for (const deadlineMs = performance.now() + patienceMs; ;) {
    stopped?.throwIfAborted()
    const startedMs = performance.now()
    try {
      const answer = await ask({ idempotencyKey: key, signal: AbortSignal.timeout(hangMs) })
      asking.answersMs.push(performance.now() - startedMs)
      return answer
    } catch (error) {
      const code = codeOf(error)
      if (code === undefined) throw error
      // A dead process answers nothing: what counts is how long one that lives lets people wait.
      if (code !== 'unreachable') asking.answersMs.push(performance.now() - startedMs)
      asking.refusals.set(code, (asking.refusals.get(code) ?? 0) + 1)
      if (performance.now() > deadlineMs)
        throw new Error(`${key} was asked for ${patienceMs} ms in vain: ${code}: ${(error as Error).message}`)
      await pause(retryMs)
    }
  }
}

function codeOf(error: unknown): string | undefined {
  if (error instanceof UnreachableError) return 'unreachable'
  if (error instanceof ProblemError && passing.includes(error.problem.code)) return error.problem.code
  return undefined
}
