// The discovery service as a process: its probes answer at once; then it waits for what the master left, and works.
import { brokerServerName } from '@bramble/contracts'
import { connectRabbitMq, createHealthChecks, createHttpApp, createMetrics, listen } from '@bramble/kit'
import { joinBrokerUrls, serveProbes, systemClock, undoStack } from '@bramble/kit'
import type { HealthChecks, Logger, UndoStack } from '@bramble/kit'
import { awaitAccess, readAccess } from './access-file.ts'
import { nameOfHost } from './settings.ts'
import type { DiscoverySettings } from './settings.ts'
import { startDiscovery } from './start-discovery.ts'

export interface ProcessContext {
  logger: Logger
  /** Aborted when the process is to end. */
  stopping: AbortSignal
}

export interface DiscoveryProcess {
  /** Says goodbye to the network first. */
  stop(): Promise<void>
}

/** Resolves once it works. @throws when it was to end before */
export async function startProcess(settings: DiscoverySettings, context: ProcessContext): Promise<DiscoveryProcess> {
  const ends = undoStack(context.logger)
  try {
    await startParts(settings, context, ends)
    return { stop: async () => void (await ends.unwind()) }
  } catch (error) {
    await ends.unwind()
    throw error
  }
}

async function startParts(settings: DiscoverySettings, { logger, stopping }: ProcessContext, ends: UndoStack) {
  const { accessFile, site, interfaces, advertisedAddress, ttl, name = nameOfHost() } = settings
  const health = createHealthChecks()
  await openProbes(settings, { health, logger }, ends)
  const access = await awaitAccess(accessFile, logger, stopping)
  const bus = connectRabbitMq({
    url: joinBrokerUrls(access),
    name: `discovery.${site}`,
    trust: { ca: access.caCertificate, serverName: brokerServerName },
    // The master makes a new password at each start.
    renewLogin: () => readAccess(accessFile),
    logger,
  })
  ends.push('close the bus', bus.close)
  health.add('bus', () => bus.probe())
  const parts = { site, name, interfaces, advertisedAddress, ttls: ttl, bus, clock: systemClock, logger }
  const discovery = startDiscovery(parts)
  ends.push('say goodbye', discovery.stop)
  logger.info({ site, interfaces }, 'working')
}

async function openProbes(
  { probes }: DiscoverySettings,
  { health, logger }: { health: HealthChecks; logger: Logger },
  ends: UndoStack,
): Promise<void> {
  const app = createHttpApp({ logger, authenticate: () => undefined })
  serveProbes(app, { health, metrics: createMetrics({ service: 'discovery', processMetrics: true }) })
  const server = await listen(app, { ...probes, graceMs: 500 })
  ends.push('close the probes', server.close)
  logger.info({ url: server.url }, 'probes are answered')
}
