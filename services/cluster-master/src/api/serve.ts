import type { Operation, OperationId, Principal, Route } from '@bramble/contracts'
import { ProblemError, serveRoute } from '@bramble/kit'
import type { Call, Handler, HttpApp } from '@bramble/kit'
import { showOperation } from '../app/show-operation.ts'
import type { Caller, Master } from '../master.ts'
import { tellStoreErrors } from '../tell-store-errors.ts'
import type { IdempotencyRecord } from '../store/store.ts'
import { replyAccepted } from './answer-once.ts'
import type { AnswerOnce } from './answer-once.ts'

/** What the files of this folder serve their routes with. */
export interface Api {
  master: Master
  answerOnce: AnswerOnce
  serve: <R extends Route>(route: R, handler: Handler<R>) => void
}

/** Every change that was made is audited: by whom, with which request, of what. */
export function createServe(app: HttpApp, { logger }: Pick<Master, 'logger'>): Api['serve'] {
  const audit = logger.child({ log: 'audit' })
  return (route, handler) => {
    const handle: typeof handler = async (call) => {
      const result = await tellStoreErrors(async () => handler(call))
      const { params, requestId, principal } = call
      if (route.method !== 'get')
        audit.info({ act: route.id, params, requestId, tokenId: principal?.tokenId, name: principal?.name }, 'changed')
      return result
    }
    serveRoute(app, route, handle)
  }
}

/**
 * A handler of a route that accepts an operation: with an Idempotency-Key it does so once. None is accepted while the
 * nodes cannot be told: it would wait for nobody knows how long.
 */
export function acceptOnce<R extends Route & { answer: unknown }>(
  { master, answerOnce }: Api,
  route: R,
  accept: (caller: Caller, call: Call<R>) => Promise<Operation>,
) {
  const recall = async ({ operationId }: IdempotencyRecord) => {
    const notMade = (error: unknown) => {
      if (error instanceof ProblemError && error.code === 'not_found') return undefined
      throw error
    }
    return showOperation(master, operationId as OperationId).catch(notMade)
  }
  return async (call: Call<R>) => {
    master.readiness.demand('bus')
    const act = (caller: Caller) => accept(caller, call)
    return replyAccepted(await answerOnce(call as Call<Route> & { principal: Principal }, { route, act, recall }))
  }
}
