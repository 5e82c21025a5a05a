// A route of the contracts becomes a handler: who may call is checked first, then the input is parsed, then the
// handler is called with typed values. All that depends on the route alone is prepared once, when it is added.
import type { Request, Response } from 'express'
import type { AnswerOf, BodyOf, ParamsOf, Principal, QueryOf, Route } from '@bramble/contracts'
import { checkRoles } from './check-roles.ts'
import type { HttpApp } from './create-http-app.ts'
import type { JsonBytes } from './json-bytes.ts'
import { inputReader } from './read-input.ts'
import { sendAnswer } from './reply.ts'
import type { Reply } from './reply.ts'
import { traceOf } from './request-trace.ts'

export interface Call<R> {
  params: ParamsOf<R>
  query: QueryOf<R>
  body: BodyOf<R>
  principal: R extends { roles: 'public' } ? Principal | undefined : Principal
  requestId: string
  /** Of the headers of that name, when the caller sent them. */
  idempotencyKey: string | undefined
  ifMatch: string | undefined
  /** Aborted when the server closes: long polls and streams end on it. */
  closing: AbortSignal
  request: Request
  response: Response
}

/** What a handler gives back. For `bytes` and `sse` it writes to `call.response` itself. */
export type Result<R> = R extends { stream: 'text' }
  ? string | Reply<string>
  : R extends { stream: 'bytes' | 'sse' }
    ? void
    : R extends { answer: unknown }
      ? AnswerOf<R> | JsonBytes<AnswerOf<R>> | Reply<AnswerOf<R>>
      : void | Reply<undefined>

export type Handler<R> = (call: Call<R>) => Result<R> | Promise<Result<R>>

export interface ServeOptions<R> {
  /** More than roles can say (whose it is); throws `forbidden` or `not_found`. Called before the handler. */
  authorize?: (call: Call<R>) => void | Promise<void>
}

export function serveRoute<R extends Route>(
  app: HttpApp,
  route: R,
  handler: Handler<R>,
  { authorize }: ServeOptions<R> = {},
): void {
  const readInput = inputReader(route, app.bodyLimitBytes)
  const writesItself = route.stream === 'bytes' || route.stream === 'sse'

  const serve = async (request: Request, response: Response) => {
    const trace = traceOf(response)
    trace.route = route.id
    if (route.roles !== 'public') trace.principal = await app.authenticate(request)
    checkRoles(route.roles, trace.principal)
    const call = { ...(await readInput(request)), ...contextOf(app, request, response) } as Call<R>
    await authorize?.(call)
    const result = await handler(call)
    if (!writesItself) sendAnswer(response, result, route.status)
  }

  app.router[route.method](route.path, serve)
}

function contextOf(app: HttpApp, request: Request, response: Response) {
  const { requestId, principal } = traceOf(response)
  return {
    principal,
    requestId,
    idempotencyKey: request.get('idempotency-key'),
    ifMatch: request.get('if-match'),
    closing: app.closing.signal,
    request,
    response,
  }
}
