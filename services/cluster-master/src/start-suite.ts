// The master as a process: its port is open at once and tells what is missing; then the store, the lease on it, and the
// broker are waited for, in this order, for as long as it takes; then the master starts. From then on store and broker
// are watched: while one is away, what needs it is refused at once, and all goes on when it is back.
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { createTaskSet, maskSecrets, systemClock, undoStack, writeDurably } from '@bramble/kit'
import type { Bus, Clock, HttpApp, Logger, TaskDefinition, UndoStack } from '@bramble/kit'
import type { NodeAccess, SiteAccess } from './app/node-access.ts'
import { leaveSiteAccess } from './background/leave-site-access.ts'
import { openBlobStore } from './blobs/blob-store.ts'
import { brokerOf } from './bus-settings.ts'
import { openFrontDoor } from './front-door.ts'
import type { FrontDoor } from './front-door.ts'
import type { Identity } from './identity/open-identity.ts'
import { guardBus } from './readiness/guard-bus.ts'
import { reach } from './readiness/reach.ts'
import { createReadiness } from './readiness/readiness.ts'
import type { KeptReadiness } from './readiness/readiness.ts'
import { watchDependency } from './readiness/watch-dependency.ts'
import { MasterSettings, placesOf } from './settings.ts'
import { startMaster } from './start.ts'
import { startStore } from './start-store.ts'
import type { StartingStore, StoreAdapter } from './start-store.ts'
import type { Lease } from './store/lease.ts'
import { publicUrlOf, speaksTls } from './tls/judge-tls.ts'
import { renewServerCertificate } from './tls/renew-server-certificate.ts'
import { openServerCertificate } from './tls/server-certificate.ts'
import { serverNames } from './tls/server-names.ts'

/** What the process reaches over the network, and the files that make it this cloudlet. */
export interface SuiteAdapters {
  store: StoreAdapter
  /** Connects by itself, now and whenever the connection was lost. */
  connectBus(): Bus
  /** Of a cluster of brokers: makes queues again whose broker is away. */
  keepQueues?: (lease: Lease) => TaskDefinition
  /** What nodes are let do at the broker. */
  access: NodeAccess & SiteAccess
  openIdentity(): Promise<Identity>
}

export interface SuiteContext {
  settings: MasterSettings
  adapters: SuiteAdapters
  logger: Logger
  clock?: Clock
  /** Aborted when the process is to end. */
  stopping: AbortSignal
}

export interface RunningSuite {
  url: string
  /** Ends everything and gives the lease back. */
  stop(): Promise<void>
}

/** Resolves once the master serves. @throws when it cannot, ever, or was stopped before */
export async function startSuite(context: SuiteContext): Promise<RunningSuite> {
  const ends = undoStack(context.logger)
  try {
    const url = await startParts({ clock: systemClock, ...context }, ends)
    return { url, stop: async () => void (await ends.unwind()) }
  } catch (error) {
    await ends.unwind()
    throw error
  }
}

async function startParts(context: Required<SuiteContext>, ends: UndoStack): Promise<string> {
  const { settings, adapters, logger, clock, stopping } = context
  const readiness = createReadiness(['store', 'lease', 'bus'], { logger, clock })
  const door = await openDoor({ ...context, readiness }, ends)
  logger.info({ url: door.url }, 'listening; waits for what it needs')

  const starting = { readiness, logger, clock, stopping }
  const bus = startBus(adapters, starting, ends)
  const { store, lease } = await startStore(adapters.store, starting, ends)
  startKeepingQueues(adapters.keepQueues?.(lease), starting, ends)
  await reach('bus', () => bus.probe(), starting)
  const identity = await adapters.openIdentity()
  void checkAccess(adapters.access, logger)
  const { publicUrls: brokerUrls } = brokerOf(settings.bus)
  const master = await startMaster({
    config: settings,
    store,
    blobs: await openBlobStore({ folder: placesOf(settings).blobs, clock, ...settings.limits }),
    bus,
    logger,
    clock,
    readiness,
    serve: serveBehind(door),
    agentTrust: { kind: 'certificate', ...identity.master, ca: identity.caCertificate },
    joining: { identity, access: adapters.access, brokerUrls, masterUrl: publicUrlOf(settings) },
    leaveFirstSecret: (secret) => leaveSecret(placesOf(settings).firstAdminToken, secret, logger),
    tasks: [
      leaveSiteAccess({
        ...{ sites: settings.discovery.sites, folder: placesOf(settings).siteAccess },
        ...{ access: adapters.access, brokerUrls, caCertificate: identity.caCertificate },
      }),
    ],
    shape: 'suite',
    shownSettings: maskSecrets(MasterSettings, settings),
  })
  ends.push('stop the master', master.stop)
  return door.url
}

/** With TLS the identity is read, or made, before anything else: there is nothing to show without it. */
async function openDoor(context: Required<SuiteContext> & { readiness: KeptReadiness }, ends: UndoStack) {
  const { settings, adapters, readiness, logger, clock } = context
  const { http } = settings
  const { host, port } = http
  const names = serverNames({ http, publicUrl: publicUrlOf(settings) })
  const certificate = speaksTls(settings)
    ? await openServerCertificate({ http, names, identity: await adapters.openIdentity(), clock })
    : undefined
  const place = { host, port, ...(certificate && { tls: certificate.current() }) }
  const door = await openFrontDoor(place, { readiness, logger, scrapeToken: settings.metrics.token })
  ends.push('close the port', door.close)
  if (certificate) {
    const tasks = createTaskSet({ logger, clock })
    tasks.add(renewServerCertificate(certificate, { server: door, logger }))
    tasks.start()
    ends.push('renew the certificate no more', tasks.stop)
  }
  return door
}

/** It connects while the store is still waited for. */
function startBus({ connectBus }: SuiteAdapters, starting: StartingStore, ends: UndoStack): Bus {
  const bus = connectBus()
  ends.push('close the bus', () => bus.close())
  const watch = watchDependency({ dependency: 'bus', probe: () => bus.probe() }, starting)
  ends.push('watch the bus no more', watch.stop)
  return guardBus(bus, watch.doubt)
}

/** Apart from the tasks of the master, which do not start before the bus has its queues. */
function startKeepingQueues(
  keepQueues: TaskDefinition | undefined,
  { logger, clock }: StartingStore,
  ends: UndoStack,
): void {
  if (!keepQueues) return
  const tasks = createTaskSet({ logger, clock })
  tasks.add(keepQueues)
  tasks.start()
  ends.push('keep the queues no more', tasks.stop)
}

/** Nothing waits for it: only who joins needs it. */
async function checkAccess({ check }: NodeAccess, logger: Logger): Promise<void> {
  await check?.().catch((err: unknown) => logger.error({ err }, 'nodes cannot be let in at the broker'))
}

const serveBehind = (door: FrontDoor) => async (app: HttpApp) => {
  door.serve(app)
  return { url: door.url, close: door.close }
}

async function leaveSecret(path: string, secret: string, logger: Logger): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await writeDurably(`${secret}\n`, { path, through: `${path}.partial` })
  logger.info({ path }, "the first admin's token is in this file")
}
