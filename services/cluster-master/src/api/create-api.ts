import { createHttpApp, serveProbes } from '@bramble/kit'
import type { Authenticate, HttpApp, Metrics } from '@bramble/kit'
import { createMayScrape } from '../auth/may-scrape.ts'
import type { Master } from '../master.ts'
import { createAnswerOnce } from './answer-once.ts'
import { serveBases } from './bases.ts'
import { serveDescription } from './description.ts'
import { serveCloudlets } from './cloudlets.ts'
import { serveDocs } from './docs.ts'
import { serveEvents } from './events.ts'
import { serveInstances } from './instances.ts'
import { serveInvitations } from './invitations.ts'
import { serveJoins } from './joins.ts'
import { serveNodes } from './nodes.ts'
import { serveOperations } from './operations.ts'
import { serveOverlays } from './overlays.ts'
import { createServe } from './serve.ts'
import type { Api } from './serve.ts'
import { serveServices } from './services.ts'
import { serveSystem } from './system.ts'
import type { SystemParts } from './system.ts'
import { serveTokens } from './tokens.ts'

export interface ApiParts extends SystemParts {
  authenticate: Authenticate
  metrics: Metrics
}

/** All routes of /v1, the probes and the documentation. */
export function createApi(master: Master, parts: ApiParts): HttpApp {
  const { authenticate, metrics, health } = parts
  const app = createHttpApp({ logger: master.logger, authenticate, observer: metrics })
  const api: Api = { master, serve: createServe(app, master), answerOnce: createAnswerOnce(master) }
  for (const serveNoun of [serveNodes, serveCloudlets, serveBases, serveOverlays, serveServices, serveInstances])
    serveNoun(api)
  for (const serveNoun of [serveOperations, serveEvents, serveTokens, serveInvitations, serveJoins]) serveNoun(api)
  serveDescription(api)
  serveSystem(api, parts)
  serveProbes(app, { health, metrics, mayScrape: createMayScrape(master.config.metrics.token, authenticate) })
  serveDocs(app)
  return app
}
