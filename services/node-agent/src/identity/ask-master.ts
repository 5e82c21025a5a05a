// What an agent asks of the master over HTTP, besides blobs.
import { Problem } from '@bramble/contracts'
import type { AnswerOf, BodyInput, Route } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import { createMasterTrust, problemAt } from './master-trust.ts'
import type { MasterTrust } from './master-trust.ts'
import type { Masters } from './masters.ts'

export interface MasterRequest<R extends Route> {
  params?: Record<string, string>
  body?: BodyInput<R>
  /** The node's own; none before it has joined. */
  token?: string
  signal: AbortSignal
}

export type AskMaster = <R extends Route>(route: R, request: MasterRequest<R>) => Promise<AnswerOf<R>>

const answerWithinMs = 15_000

/**
 * Asks the masters in turn until one serves. What an agent asks may be asked twice.
 * @throws the problem that the master answered; `unavailable` when none can be reached or says anything of sense
 */
export const createAskMaster =
  (masters: Masters, { fetch }: Pick<MasterTrust, 'fetch'> = createMasterTrust({ urls: masters.urls })): AskMaster =>
  async (route, request) => {
    for (let left = masters.urls.length; ; left -= 1) {
      const url = masters.current()
      try {
        return await askOne({ url, fetch }, route, request)
      } catch (error) {
        if (!isAway(error)) throw error
        masters.passOver(url)
        if (left <= 1) throw error
      }
    }
  }

const isAway = (error: unknown): boolean =>
  error instanceof ProblemError && ['unavailable', 'not_serving'].includes(error.code)

interface Place extends Pick<MasterTrust, 'fetch'> {
  url: string
}

async function askOne<R extends Route>(
  { url, fetch }: Place,
  route: R,
  request: MasterRequest<R>,
): Promise<AnswerOf<R>> {
  const { params = {}, body, token, signal } = request
  const path = route.path.replace(/:([a-z]+)/gi, (_, name: string) => encodeURIComponent(params[name] ?? ''))
  const response = await fetch(new URL(path, url), {
    method: route.method.toUpperCase(),
    redirect: 'error',
    signal: AbortSignal.any([signal, AbortSignal.timeout(answerWithinMs)]),
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  }).catch((cause: unknown) => {
    signal.throwIfAborted()
    throw problemAt(url, cause)
  })
  const document = await response.json().catch(() => undefined)
  if (!response.ok) throw problemOf(document, `${url} answered with status ${response.status}.`)
  const answer = route.answer?.safeParse(document)
  if (answer?.success === false) throw new ProblemError('unavailable', `${url} did not answer as a master does.`)
  return answer?.data as AnswerOf<typeof route>
}

function problemOf(document: unknown, otherwise: string): ProblemError {
  const problem = Problem.safeParse(document).data
  return problem ? new ProblemError(problem.code, problem.detail) : new ProblemError('unavailable', otherwise)
}
