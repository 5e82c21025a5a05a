import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { NodeId } from '@bramble/contracts'
import { MasterConfig, openBlobStore, openSqliteStore, speaksTls, startMaster } from '@bramble/cluster-master'
import { createInProcessBus, maskSecrets, systemClock } from '@bramble/kit'
import type { Logger } from '@bramble/kit'
import { embeddedSite, startOwnDiscovery } from './start-discovery.ts'
import { leaveFirstAdminToken } from './first-admin-token.ts'
import { openTls } from './open-tls.ts'
import { EmbeddedSettings } from './settings.ts'
import type { RunningNode } from '@bramble/node-agent'
import { createAgentKeys, type Shared, startOwnNode, startPretendedNode } from './start-node.ts'

export interface Embedded {
  url: string
  /** Ends everything but the VMs. */
  stop: () => Promise<void>
}

const simulatedIds = (count: number): NodeId[] =>
  Array.from({ length: count }, (_, i) => `sim-${String(i + 1).padStart(3, '0')}` as NodeId)

const startNodes = async (shared: Shared): Promise<RunningNode[]> => {
  const { node, simulated } = shared.settings
  const own = node.driver === 'simulated' ? [{ id: node.id, listens: true }] : []
  const fleet = simulatedIds(simulated.nodes).map((id) => ({ id, listens: false }))
  const real = node.driver === 'libvirt' ? [await startOwnNode(shared)] : []
  return [...real, ...(await Promise.all([...own, ...fleet].map((given) => startPretendedNode(shared, given))))]
}

/** A logger of one part of the process. */
export type LoggerOf = (component: string) => Logger

/** The embedded cloudlet: master and nodes in this process, an in-process bus, SQLite. */
export const startEmbedded = async (settings: EmbeddedSettings, loggerOf: LoggerOf): Promise<Embedded> => {
  const { stateDir } = settings
  const dataDir = join(stateDir, 'master')
  await mkdir(dataDir, { recursive: true })
  const logger = loggerOf('cluster-master')
  const tls = speaksTls(settings) ? await openTls(settings, { dataDir, logger }) : undefined
  const { http, events, descriptionFile } = settings
  const sites = settings.discovery.interface === undefined ? [] : [embeddedSite]
  const config = MasterConfig.parse({ http, dataDir, events, descriptionFile, discovery: { sites } })
  const store = openSqliteStore({ path: join(dataDir, 'bramble.sqlite'), clock: systemClock })
  const blobs = await openBlobStore({ folder: join(dataDir, 'blobs'), clock: systemClock, ...config.limits })
  const bus = createInProcessBus({ logger: loggerOf('bus') })
  const keys = createAgentKeys()
  const master = await startMaster({
    config,
    store,
    blobs,
    bus,
    logger,
    agentTrust: { kind: 'key', keyOf: keys.of },
    ...(tls && { serve: tls.serve, authority: tls.authority }),
    shownSettings: maskSecrets(EmbeddedSettings, settings),
    leaveFirstSecret: (secret) => leaveFirstAdminToken(stateDir, secret),
  })
  const nodes = await startNodes({
    settings,
    master: { ...master, url: tls?.nodesUrl() ?? master.url },
    bus,
    logger: loggerOf('node-agent'),
    keys,
  })
  const discovery = startOwnDiscovery(settings.discovery, { bus, logger: loggerOf('discovery') })
  return {
    url: master.url,
    stop: async () => {
      await discovery?.stop()
      await Promise.all(nodes.map((node) => node.stop()))
      await master.stop()
      await bus.close()
      await store.close()
    },
  }
}
