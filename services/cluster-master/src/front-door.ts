// The one port of the process, open from its first moment on: probes are answered while the master waits for what it
// needs, and all else is told to come again. Once the master serves, its own app stands behind the same port.
import type { Express } from 'express'
import type { Health } from '@bramble/contracts'
import { createHttpApp, createMetrics, listen, ProblemError, serveProbes } from '@bramble/kit'
import type { HttpApp, HttpServer, ListenOptions, Logger } from '@bramble/kit'
import { createMayScrape } from './auth/may-scrape.ts'
import { measureReadiness } from './measure.ts'
import { retryAfterSeconds } from './readiness/readiness.ts'
import type { KeptReadiness } from './readiness/readiness.ts'

export interface FrontDoor extends Pick<HttpServer, 'url' | 'renewTls' | 'close'> {
  /** From now on it is this app that answers. */
  serve(app: HttpApp): void
}

export interface Waiting {
  readiness: KeptReadiness
  logger: Logger
  /** By which alone the metrics are read while nobody else is known. */
  scrapeToken: string | undefined
}

/** Requests under way are cut after this, so that the process ends within the seconds that its supervisor grants. */
const graceMs = 1500

export async function openFrontDoor(
  http: Pick<ListenOptions, 'host' | 'port' | 'tls'>,
  waiting: Waiting,
): Promise<FrontDoor> {
  let behind = createWaitingApp(waiting)
  const closing = new AbortController()
  closing.signal.addEventListener('abort', () => behind.closing.abort())
  const answer = ((request, response) => behind.express(request, response)) as Express
  const server = await listen({ ...behind, express: answer, closing }, { ...http, graceMs })
  return { ...server, serve: (app) => void (behind = app) }
}

function createWaitingApp({ readiness, logger, scrapeToken }: Waiting): HttpApp {
  const authenticate = () => undefined
  const app = createHttpApp({ logger, authenticate })
  const metrics = createMetrics({ service: 'cluster-master' })
  measureReadiness(metrics, readiness)
  serveProbes(app, {
    health: { check: async () => notYet(await readiness.check()) },
    metrics,
    mayScrape: createMayScrape(scrapeToken, authenticate),
  })
  app.router.use(() => {
    const why = readiness.missing() ?? 'it reads what is stored'
    throw new ProblemError('not_serving', `The master does not serve yet: ${why}`, { retryAfterSeconds })
  })
  return app
}

const notYet = ({ checks }: Health): Health => ({
  status: 'degraded',
  checks: { ...checks, master: { ok: false, detail: 'does not serve yet' } },
})
