import type { ErrorRequestHandler, RequestHandler, Response } from 'express'
import { asProblemError, toProblem } from '../errors/to-problem.ts'
import { ProblemError } from '../errors/problem-error.ts'
import type { Logger } from '../log/logger.ts'
import { sendBody } from './reply.ts'
import { traceOf } from './request-trace.ts'

export const routeNotFound: RequestHandler = (request) => {
  throw new ProblemError('route_not_found', `There is no ${request.method} ${request.path}.`)
}

/** Answers any error with its problem document; the chain of causes goes to the log with the request. */
export function answerProblems(logger: Logger): ErrorRequestHandler {
  return (error: unknown, request, response: Response, _next) => {
    // The caller went away while sending: there is nobody to answer, and nothing of ours failed.
    if (request.destroyed && !request.complete) return
    const trace = traceOf(response)
    const known = asProblemError(error)
    const failure = known.code === 'internal' ? known.cause : known
    const isRefusal = known.status < 500 || known.status === 503
    if (!isRefusal || known.cause !== undefined) trace.failure = failure
    if (response.closed) {
      if (known.status >= 500)
        logger.error({ requestId: trace.requestId, err: failure }, 'failed after its caller left')
    } else if (response.headersSent) {
      // Too late for a status: breaking the connection is the only way to tell that the answer is not whole.
      response.destroy()
    } else {
      sendProblem(response, known, trace.requestId)
    }
  }
}

export function sendProblem(response: Response, error: ProblemError, requestId: string): void {
  const problem = toProblem(error, requestId)
  const retryAfterSeconds = error.details.retryAfterSeconds ?? (problem.status === 503 ? 1 : undefined)
  if (problem.status === 401) response.setHeader('WWW-Authenticate', 'Bearer realm="bramble"')
  if (problem.status === 413) response.setHeader('Connection', 'close')
  if (retryAfterSeconds !== undefined) response.setHeader('Retry-After', retryAfterSeconds)
  sendBody(response, problem, problem.status, 'application/problem+json')
}
