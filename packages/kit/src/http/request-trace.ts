// What is known of one request while it is served. It is logged once, when the response has closed.
import { randomUUID } from 'node:crypto'
import type { RequestHandler, Response } from 'express'
import type { Principal } from '@bramble/contracts'
import type { Logger } from '../log/logger.ts'

export interface RequestTrace {
  requestId: string
  startedMs: number
  /** Id of the route that was met. */
  route?: string
  principal?: Principal
  /** Why it failed, with its chain of causes; the caller was told the problem only. */
  failure?: unknown
}

/** Told of every request that ended; `metrics.ts` implements it. */
export interface RequestObserver {
  requestEnded(request: { route: string; method: string; status: number; durationMs: number }): void
}

export const traceOf = (response: Response): RequestTrace => response.locals['trace'] as RequestTrace

export function traceRequests(logger: Logger, observer: RequestObserver | undefined): RequestHandler {
  return (request, response, next) => {
    const trace = { requestId: requestIdOf(request.headers['x-request-id']), startedMs: performance.now() }
    response.locals['trace'] = trace
    response.setHeader('X-Request-Id', trace.requestId)
    response.once('close', () => endTrace(trace, response, logger, observer))
    next()
  }
}

/** A caller may bring its own id, so that its log and ours can be joined. */
function requestIdOf(given: string | string[] | undefined): string {
  return typeof given === 'string' && /^[\w.:-]{1,100}$/.test(given) ? given : randomUUID()
}

function endTrace(trace: RequestTrace, response: Response, logger: Logger, observer?: RequestObserver): void {
  const { req: request } = response
  // The caller left before an answer began: 499, as nginx calls it.
  const status = response.headersSent ? response.statusCode : 499
  const durationMs = performance.now() - trace.startedMs
  observer?.requestEnded({ route: trace.route ?? 'none', method: request.method, status, durationMs })
  const level = isProbe(trace.route) ? 'debug' : levelOf(request.method, status)
  if (!logger.isLevelEnabled(level)) return
  logger[level](
    {
      requestId: trace.requestId,
      method: request.method,
      path: request.originalUrl.split('?', 1)[0],
      route: trace.route,
      status,
      durationMs: Math.round(durationMs * 10) / 10,
      tokenId: trace.principal?.tokenId,
      ...(!response.writableFinished && { brokenOff: true }),
      ...(trace.failure !== undefined && { err: trace.failure }),
    },
    'request',
  )
}

/** Asked for every few seconds, by programs; what they found wrong is logged by who found out. */
const isProbe = (route: string | undefined) => route === 'healthz' || route === 'readyz' || route === 'metrics'

/**
 * Reads that went well are only of interest when debugging; changes and failures always are. What was refused because
 * something is down may be thousands of requests, whose reason was logged by who found out.
 */
function levelOf(method: string, status: number): 'debug' | 'info' | 'warn' | 'error' {
  if (status === 503) return 'warn'
  if (status >= 500) return 'error'
  return status < 400 && (method === 'GET' || method === 'HEAD') ? 'debug' : 'info'
}
