// A node agent on a simulated host, and the little of a master that it takes to drive one.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Fact, receiverKey, ReportNode } from '@bramble/contracts'
import type { DesiredNode, InstanceFact, ObservedInstance } from '@bramble/contracts'
import { createInProcessBus, hurriedClock, silentLogger } from '@bramble/kit'
import type { InProcessBus } from '@bramble/kit'
import { AgentConfig } from './config.ts'
import type { PushArtifact } from './context.ts'
import type { Driver } from './drivers/driver.ts'
import { createSimulatedDriver } from './drivers/simulated/simulated-driver.ts'
import { createSimulatedHypervisor } from './drivers/simulated/simulated-hypervisor.ts'
import type { SimulatedHostOptions, SimulatedHypervisor } from './drivers/simulated/simulated-hypervisor.ts'
import { memoryStorage } from './ledger/memory-storage.ts'
import { openLedger } from './ledger/ledger.ts'
import type { Ledger } from './ledger/ledger.ts'
import type { LedgerStorage } from './ledger/storage.ts'
import { startAgent } from './start.ts'
import type { Agent, AgentOptions } from './start.ts'
import { bootClockOf, node } from './world.fixture.ts'

export interface Bed extends AsyncDisposable {
  host: SimulatedHypervisor
  bus: InProcessBus
  storage: LedgerStorage
  stateDir: string
  /** Newest last. */
  reports: ReportNode[]
  facts: InstanceFact[]
  pushed: Parameters<PushArtifact>[]
  startAgent(more?: Partial<AgentOptions>): Promise<Agent>
  want(document: DesiredNode): Promise<void>
  seen(id: string): ObservedInstance | undefined
  /** What the disk says now. */
  readLedger(): Promise<Ledger>
}

/** Lets the agent's pauses pass ten times as fast. */
const hurried = hurriedClock(10)

export async function makeBed(hostOptions: SimulatedHostOptions = {}): Promise<Bed> {
  const logger = silentLogger()
  const stateDir = await mkdtemp(join(tmpdir(), 'bramble-agent-'))
  const host = createSimulatedHypervisor(hostOptions)
  const bus = createInProcessBus({ logger })
  const storage = memoryStorage()
  const agents = new Set<Agent>()
  const bed = { host, bus, storage, stateDir, reports: [] as ReportNode[], facts: [] as InstanceFact[] }
  const pushed: Bed['pushed'] = []
  await bus.subscribeReports(({ body }) => void bed.reports.push(ReportNode.parse(body)))
  await bus.subscribeFacts(({ body }) => void bed.facts.push(Fact.parse(body)))

  const start = async (more: Partial<AgentOptions> = {}) => {
    const agent = await startAgent({
      config: configOf(stateDir),
      bus,
      driver: createSimulatedDriver(host),
      pushArtifact: async (...args) => void pushed.push(args),
      logger,
      storage,
      version: '1.2.3',
      clock: hurried,
      bootClock: bootClockOf(hurried),
      ...more,
    })
    agents.add(agent)
    return { ...agent, stop: () => agent.stop().finally(() => agents.delete(agent)) }
  }

  return {
    ...bed,
    pushed,
    startAgent: start,
    want: (document) => bus.publishDesired(receiverKey('node', node), document),
    seen: (id) => bed.reports.at(-1)?.instances.find((instance) => instance.id === id),
    readLedger: () => openLedger(storage),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...agents].map((agent) => agent.stop()))
      await bus.close()
      await rm(stateDir, { recursive: true, force: true })
    },
  }
}

export const configOf = (stateDir: string): AgentConfig => AgentConfig.parse({ node, stateDir })

/** Storage and driver of a process that dies: at its `at`-th write, just before it took effect or just after, or when told. */
export function mortal(bed: Bed, at = Infinity, when: 'before' | 'after' = 'after') {
  let writes = 0
  let isDead = false
  const checkAlive = () => {
    if (isDead) throw new Error('this process is dead')
  }
  const kill = () => void (isDead = true)
  const die = () => {
    kill()
    checkAlive()
  }
  const write = async (act: () => Promise<void>) => {
    checkAlive()
    const number = ++writes
    if (number === at && when === 'before') die()
    await act()
    if (number === at) die()
  }
  const storage: LedgerStorage = {
    readAll: () => bed.storage.readAll(),
    write: (document) => write(() => bed.storage.write(document)),
    remove: (shelf, name) => write(() => bed.storage.remove(shelf, name)),
  }
  return { storage, driver: whileAlive(createSimulatedDriver(bed.host), checkAlive), kill, isDead: () => isDead }
}

function whileAlive(driver: Driver, checkAlive: () => void): Driver {
  const acts = {
    start: driver.start,
    destroy: driver.destroy,
    capture: driver.capture,
    listDomains: driver.listDomains,
  }
  const guarded = Object.entries(acts).map(([name, act]) => [
    name,
    async (...args: unknown[]) => {
      checkAlive()
      return (act as (...args: unknown[]) => unknown)(...args)
    },
  ])
  return { ...driver, ...Object.fromEntries(guarded) }
}
