// The frame that every HTTP service shares: request id, log line and metrics, security headers, and one answer for
// whatever goes wrong. Routes are added by `serveRoute`; anything else (Swagger UI, /v2) goes on `router`.
import express from 'express'
import type { Express, Request, RequestHandler, Router } from 'express'
import helmet from 'helmet'
import type { Principal } from '@bramble/contracts'
import type { Logger } from '../log/logger.ts'
import { traceRequests } from './request-trace.ts'
import type { RequestObserver } from './request-trace.ts'
import { answerProblems, routeNotFound } from './send-problem.ts'

/** Who calls: undefined without a token; throws `unauthenticated` for one that does not count. */
export type Authenticate = (request: Request) => Principal | undefined | Promise<Principal | undefined>

export interface HttpAppOptions {
  logger: Logger
  authenticate: Authenticate
  observer?: RequestObserver
  /** Of JSON bodies; 1 MiB when absent. */
  bodyLimitBytes?: number
}

export interface HttpApp {
  express: Express
  router: Router
  authenticate: Authenticate
  bodyLimitBytes: number
  /** Aborted by `close()` of the server: streams and long polls end on it. */
  closing: AbortController
}

export function createHttpApp(options: HttpAppOptions): HttpApp {
  const { logger, authenticate, observer, bodyLimitBytes = 1_048_576 } = options
  const app = express()
  const router = express.Router({ caseSensitive: true })
  const closing = new AbortController()
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple')
  app.use(traceRequests(logger, observer), endKeepAlive(closing.signal), securityHeaders(), router)
  app.use(routeNotFound, answerProblems(logger))
  return { express: app, router, authenticate, bodyLimitBytes, closing }
}

/** Plain HTTP on a private network is a supported shape: nothing here may send a browser to https. */
function securityHeaders(): RequestHandler {
  return helmet({
    strictTransportSecurity: false,
    contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
  })
}

function endKeepAlive(closing: AbortSignal): RequestHandler {
  return (_request, response, next) => {
    if (closing.aborted) response.setHeader('Connection', 'close')
    next()
  }
}
