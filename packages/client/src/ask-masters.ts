// Several masters on one store: one serves, the others wait for its lease. A call goes to the one that served last, then to
// the others in turn, but only when nothing can be done twice by that: the first was not reached, does not serve, or the
// call may be repeated. One that says nothing at all, not even that it lives, is not waited for.
import { ProblemError, UnreachableError } from './errors.ts'

export interface Asking {
  isRepeatable: boolean
  signal: AbortSignal | undefined
}

type Send<T> = (url: string, signal: AbortSignal | undefined) => Promise<T>

const lookAfterMs = 3000
const livesWithinMs = 2000

/** By the masters as they were given: the one that served last. */
const served = new Map<string, string>()

export const askMasters = async <T>(given: string, asking: Asking, send: Send<T>): Promise<T> => {
  const masters = mastersOf(given)
  if (masters.length === 1) return send(given, asking.signal)
  const last = served.get(given)
  const failures: unknown[] = []
  for (const url of masters.sort((a, b) => Number(b === last) - Number(a === last))) {
    try {
      const answer = await sendWhileAlive(url, asking, send)
      served.set(given, url)
      return answer
    } catch (error) {
      failures.push(error)
      if (!mayAskNext(error, asking)) break
    }
  }
  // Of one that waits there is more to hope than of one that is gone.
  throw failures.find((error) => !mayAskNext(error, asking)) ?? failures.find(isNotServing) ?? failures.at(-1)
}

export const mastersOf = (given: string): string[] => given.split(',').map((url) => url.trim())

export const isNotServing = (error: unknown): boolean =>
  error instanceof ProblemError && error.problem.code === 'not_serving'

const mayAskNext = (error: unknown, { isRepeatable }: Asking): boolean =>
  isNotServing(error) || (error instanceof UnreachableError && (isRepeatable || !error.isSent))

/** Gives up when the master takes connections and answers nothing: it was stopped, or its host is cut off. */
const sendWhileAlive = async <T>(url: string, { signal }: Asking, send: Send<T>): Promise<T> => {
  const silence = new AbortController()
  const look = async () => {
    if (!(await lives(url))) silence.abort(new UnreachableError(url, 'it accepts requests and answers nothing'))
  }
  const timer = setInterval(() => void look(), lookAfterMs)
  try {
    return await send(url, signal ? AbortSignal.any([signal, silence.signal]) : silence.signal)
  } finally {
    clearInterval(timer)
  }
}

const lives = async (url: string): Promise<boolean> => {
  const signal = AbortSignal.timeout(livesWithinMs)
  const response = await fetch(new URL('/healthz', url), { signal }).catch(() => undefined)
  await response?.body?.cancel()
  return response !== undefined
}
