// The master as a process: its port is open at once and tells what is missing; then the store, the lease on it, and the
// broker are waited for, in this order, for as long as it takes; then the master starts. From then on store and broker
// are watched: while one is away, what needs it is refused at once, and all goes on when it is back.
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { systemClock, undoStack, writeDurably } from '@bramble/kit'
import type { Bus, Clock, Logger, UndoStack } from '@bramble/kit'
import { openBlobStore } from './blobs/blob-store.ts'
import { openFrontDoor } from './front-door.ts'
import type { FrontDoor } from './front-door.ts'
import type { Identity } from './identity/open-identity.ts'
import { guardBus } from './readiness/guard-bus.ts'
import { guardStore } from './readiness/guard-store.ts'
import { reach } from './readiness/reach.ts'
import { createReadiness } from './readiness/readiness.ts'
import type { KeptReadiness } from './readiness/readiness.ts'
import { watchDependency } from './readiness/watch-dependency.ts'
import { placesOf } from './settings.ts'
import type { MasterSettings } from './settings.ts'
import { startMaster } from './start.ts'
import { StoreUnavailableError } from './store/errors.ts'
import type { Store } from './store/store.ts'

/** What the process reaches over the network, and the files that make it this cloudlet. */
export interface SuiteAdapters {
  /** @throws {StoreUnavailableError} while it cannot be reached */
  openStore(): Promise<Store>
  /** Resolves once this master is the one that acts on the store. */
  holdLease(store: Store): Promise<{ release(): Promise<void> }>
  /** Connects by itself, now and whenever the connection was lost. */
  connectBus(): Bus
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
  const { settings, adapters, logger, clock } = context
  const readiness = createReadiness(['store', 'lease', 'bus'], { logger, clock })
  const door = await openFrontDoor(settings.http, { readiness, logger })
  ends.push('close the port', door.close)
  logger.info({ url: door.url }, 'listening; waits for what it needs')

  const bus = connect({ ...context, readiness }, ends)
  const store = await openStore({ ...context, readiness }, ends)
  await reach('bus', () => bus.probe(), { ...context, readiness })
  const identity = await adapters.openIdentity()
  const blobs = await openBlobStore({ folder: placesOf(settings).blobs, clock, ...settings.limits })
  const master = await startMaster({
    config: settings,
    store,
    blobs,
    bus,
    logger,
    clock,
    readiness,
    serve: serveBehind(door),
    agentTrust: { kind: 'certificate', ...identity.master, ca: identity.caCertificate },
    leaveFirstSecret: (secret) => leaveSecret(placesOf(settings).firstAdminToken, secret, logger),
    shape: 'suite',
  })
  ends.push('stop the master', master.stop)
  return door.url
}

type Starting = Required<SuiteContext> & { readiness: KeptReadiness }

function connect({ adapters, readiness, clock, logger }: Starting, ends: UndoStack): Bus {
  const bus = adapters.connectBus()
  ends.push('close the bus', () => bus.close())
  const watch = watchDependency({ dependency: 'bus', probe: () => bus.probe() }, { readiness, clock, logger })
  ends.push('watch the bus no more', watch.stop)
  return guardBus(bus, watch.doubt)
}

/** The store, with the right to be the one who acts on it. */
async function openStore(starting: Starting, ends: UndoStack): Promise<Store> {
  const { adapters, readiness, stopping, clock, logger } = starting
  const isFatal = (error: unknown) => !(error instanceof StoreUnavailableError)
  const store = await reach('store', adapters.openStore, { readiness, stopping, isFatal })
  ends.push('close the store', () => store.close())
  const watch = watchDependency({ dependency: 'store', probe: () => store.probe() }, { readiness, clock, logger })
  ends.push('watch the store no more', watch.stop)
  readiness.fails('lease', 'another master holds it, or did until a moment ago')
  const lease = await orStopped(adapters.holdLease(store), stopping)
  ends.push('give the lease back', () => lease.release())
  readiness.works('lease')
  return guardStore(store, { readiness, doubt: watch.doubt })
}

async function orStopped<T>(result: Promise<T>, stopping: AbortSignal): Promise<T> {
  const { promise: stopped, reject } = Promise.withResolvers<never>()
  const onStop = () => reject(stopping.reason as Error)
  stopping.addEventListener('abort', onStop, { once: true })
  return Promise.race([result, stopped]).finally(() => stopping.removeEventListener('abort', onStop))
}

const serveBehind = (door: FrontDoor) => async (app: Parameters<FrontDoor['serve']>[0]) => {
  door.serve(app)
  return { url: door.url, close: door.close }
}

async function leaveSecret(path: string, secret: string, logger: Logger): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await writeDurably(`${secret}\n`, { path, through: `${path}.partial` })
  logger.info({ path }, "the first admin's token is in this file")
}
