// Puts an agent together and starts it. The order matters: the ledger is read before anything is looked at, and the
// loop runs before the bus is asked for, since the last document on disk is enough to work with.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { DesiredNode } from '@bramble/contracts'
import { createHealthChecks, systemClock } from '@bramble/kit'
import type { Bus, Clock, HealthCheck, HealthChecks, Logger } from '@bramble/kit'
import { apply } from './apply.ts'
import type { AgentConfig } from './config.ts'
import type { AgentContext, PushArtifact } from './context.ts'
import type { Driver } from './drivers/driver.ts'
import { isToldDeletion } from './facts/is-told-deletion.ts'
import { createOutbox } from './facts/outbox.ts'
import { startInbox } from './inbox.ts'
import { inspect } from './inspect.ts'
import { createJobs } from './jobs.ts'
import { fileStorage } from './ledger/file-storage.ts'
import { openLedger } from './ledger/ledger.ts'
import type { LedgerStorage } from './ledger/storage.ts'
import { systemBootClock } from './lease/boot-clock.ts'
import type { BootClock } from './lease/boot-clock.ts'
import { keepDeadlines } from './lease/deadlines.ts'
import { createLease } from './lease/lease.ts'
import { startListener } from './listener/start-listener.ts'
import type { ListenerPlace } from './listener/start-listener.ts'
import { createLoop } from './loop.ts'
import { createObserver } from './observe.ts'
import { createPorts } from './ports.ts'
import { reportBuilder } from './report/report-builder.ts'
import type { ReportSources } from './report/report-builder.ts'
import { createReporter } from './report/reporter.ts'
import { urgencyOf } from './report/urgency.ts'
import type { Troubles } from './troubles.ts'

export interface AgentOptions {
  config: AgentConfig
  bus: Bus
  driver: Driver
  pushArtifact: PushArtifact
  logger: Logger
  /** Of the agent, as the master is told. */
  version: string
  clock?: Clock
  /** By which it counts how long the master has been without word of it. */
  bootClock?: BootClock
  /** File that tells others until when its VMs may run. */
  deadlinesFile?: string
  /** Files below `stateDir/ledger` when absent. */
  storage?: LedgerStorage
  /** Without it consoles, commands and inspection are not to be had. */
  listener?: ListenerPlace
  troubles?: Pick<Troubles, 'list'>
}

export interface Agent {
  /** Of the agent's own listener; empty when there is none. */
  listenerUrl: string
  /** The document that it obeys. */
  desired(): DesiredNode | undefined
  health: HealthChecks
  /** Ends the agent and touches no VM; the driver and the bus stay open. */
  stop(): Promise<void>
}

/** How long a step under way may take to end when the agent stops. What it did not write down is found again. */
const stopGraceMs = 5000

export async function startAgent(options: AgentOptions): Promise<Agent> {
  const { bus, driver, logger } = options
  const context = await createContext(options)
  const { ledger } = context
  const inspectNow = () => works.inspect()
  const listener =
    options.listener && (await startListener(options.listener, { driver, ledger, inspect: inspectNow, logger }))
  const listenerUrl = listener?.url ?? ''
  const works = startWorks(context, options, { listenerUrl, conflict: () => inbox.conflict() })
  const onConflict = () => works.reporter.note('now')
  const inbox = startInbox(context, { bus, onAccepted: works.loop.activate, onConflict })

  return {
    listenerUrl,
    desired: ledger.desired,
    health: createHealth(options, inbox.check),
    stop: async () => {
      await Promise.all([inbox.stop(), listener?.close()])
      await works.stop()
      await ledger.close()
    },
  }
}

async function createContext(options: AgentOptions): Promise<AgentContext> {
  const { config, driver, pushArtifact, logger, clock = systemClock, bootClock = systemBootClock() } = options
  const { node, stateDir } = config
  const ledger = await openLedger(options.storage ?? fileStorage(join(stateDir, 'ledger')))
  const lease = createLease(ledger, bootClock)
  const ports = createPorts(config.ports, driver, ledger.instances())
  const capturesDir = join(stateDir, 'captures')
  // Left by a capture that a crash interrupted; it is never taken up again.
  await rm(capturesDir, { recursive: true, force: true })
  return { node, driver, ledger, lease, ports, adopted: new Set(), pushArtifact, capturesDir, clock, logger }
}

type Told = Pick<ReportSources, 'conflict'> & { listenerUrl: string }

/** The loop with its steps, and what tells the master of them. */
function startWorks(context: AgentContext, options: AgentOptions, { conflict, listenerUrl }: Told) {
  const { config, bus, version } = options
  const troubles = () => options.troubles?.list() ?? []
  const { node, driver, ledger, lease, adopted, clock, logger } = context
  const jobs = createJobs({
    act: (step, job) => apply(step, context, job),
    onEnd: () => loop.activate(),
    onShow: () => reporter.note('soon'),
    logger,
  })
  const watched = { ledger, lease, driver, jobs, adopted, limits: config.limits }
  const loop = createLoop({ observe: createObserver(watched), jobs, clock, logger })
  const host = { version, advertisedAddress: config.advertisedAddress, listenerUrl }
  const build = reportBuilder({ node, driver, ledger, lease, jobs, clock, conflict, troubles, host })
  const reporter = createReporter({ node, bus, build, clock, logger })
  const outbox = createOutbox({ node, bus, ledger, clock, logger })

  ledger.onWrite((written) => {
    reporter.note(urgencyOf(written))
    if (written.kind === 'heard' || isToldDeletion(written)) loop.activate()
  })
  const endWatch = driver.onChange(loop.activate)
  const { deadlinesFile: path } = options
  const deadlines = path ? [keepDeadlines({ path, ledger, lease, clock, logger })] : []
  for (const part of [loop, reporter, outbox, ...deadlines]) part.start()
  const stop = async () => {
    endWatch()
    await loop.stop()
    await jobs.stop(stopGraceMs)
    await Promise.all([reporter, outbox, ...deadlines].map((part) => part.stop()))
  }
  const inspectNode = async () => {
    const domains = await driver.listDomains().catch(() => undefined)
    const now = { node, at: clock.now(), agentVersion: version, troubles: troubles() }
    return inspect({ ...now, ledger, jobs: jobs.running(), domains })
  }
  return { loop, reporter, inspect: inspectNode, stop }
}

function createHealth({ bus, driver }: AgentOptions, checkDesired: HealthCheck): HealthChecks {
  const health = createHealthChecks()
  health.add('hypervisor', () => driver.listDomains())
  health.add('bus', () => bus.probe())
  health.add('desired', checkDesired)
  return health
}
