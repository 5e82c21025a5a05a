import type { Request } from 'express'
import type { HealthChecks } from '../health.ts'
import type { Metrics } from '../metrics.ts'
import type { HttpApp } from './create-http-app.ts'
import { sendBody } from './reply.ts'
import { traceOf } from './request-trace.ts'

export interface ProbeOptions {
  health: Pick<HealthChecks, 'check'>
  metrics: Pick<Metrics, 'registry'>
  /** Throws for who may not read the metrics; whoever reaches the listener may when absent. */
  mayScrape?: (request: Request) => void | Promise<void>
}

/**
 * `/healthz`: the process serves requests. `/readyz`: 503 while a dependency is down, named in the body. `/metrics`:
 * Prometheus text. Probes carry no token: the first two are open to whoever reaches the listener.
 */
export function serveProbes({ router }: HttpApp, { health, metrics: { registry }, mayScrape }: ProbeOptions): void {
  router.get('/healthz', (_request, response) => {
    traceOf(response).route = 'healthz'
    sendBody(response, { status: 'ok' }, 200)
  })
  router.get('/readyz', async (_request, response) => {
    traceOf(response).route = 'readyz'
    const state = await health.check()
    sendBody(response, state, state.status === 'ok' ? 200 : 503)
  })
  router.get('/metrics', async (request, response) => {
    traceOf(response).route = 'metrics'
    await mayScrape?.(request)
    response.setHeader('Content-Type', registry.contentType)
    response.end(await registry.metrics())
  })
}
