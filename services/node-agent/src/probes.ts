import { createHttpApp, createMetrics, listen, serveProbes } from '@bramble/kit'
import type { HealthChecks, HttpServer, ListenOptions, Logger } from '@bramble/kit'

/** Cut soon, so that the process ends within the seconds that its supervisor grants. */
const graceMs = 500

/**
 * `/healthz`, `/readyz` and `/metrics` on a port of their own: probes of a container carry no client certificate, which
 * the agent's listener demands.
 */
export function openProbes(
  place: Required<Pick<ListenOptions, 'host' | 'port'>>,
  { health, logger }: { health: HealthChecks; logger: Logger },
): Promise<HttpServer> {
  const app = createHttpApp({ logger, authenticate: () => undefined })
  serveProbes(app, { health, metrics: createMetrics({ service: 'node-agent', processMetrics: true }) })
  return listen(app, { ...place, graceMs })
}
