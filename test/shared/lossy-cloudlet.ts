// A cloudlet in this process, whose nodes can lose the master and find it again, in time that passes 60 times as fast:
// what takes two minutes takes two seconds. Master and agents are the product's, on simulated hosts.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createClient } from '@bramble/client'
import type { Client } from '@bramble/client'
import { MasterConfig, openBlobStore, openSqliteStore, startMaster } from '@bramble/cluster-master'
import type { Store } from '@bramble/cluster-master'
import type { NodeId } from '@bramble/contracts'
import { createInProcessBus, hurriedClock, ProblemError, silentLogger } from '@bramble/kit'
import type { Bus, Clock } from '@bramble/kit'
import { AgentConfig } from '@bramble/node-agent'
import { pollUntil } from '@bramble/testkit'
import { digestOf, sampleHost, sampleMachine } from '../../services/cluster-master/src/testing/samples.ts'
import { createSimulatedDriver } from '../../services/node-agent/src/drivers/simulated/simulated-driver.ts'
import { createSimulatedHypervisor } from '../../services/node-agent/src/drivers/simulated/simulated-hypervisor.ts'
import { memoryStorage } from '../../services/node-agent/src/ledger/memory-storage.ts'
import { startAgent } from '../../services/node-agent/src/start.ts'

export interface LossyNode {
  /** Names of the instances whose VMs run there, whoever knows of them. */
  running(): string[]
  /** Nothing comes through to it or from it. */
  lose(): void
  find(): void
  /** Kills the agent; its VMs run on, and its files stay. */
  stopAgent(): Promise<void>
  startAgent(): Promise<void>
  /** The host goes down with all its VMs. */
  powerOff(): Promise<void>
}

export interface LossyCloudlet extends AsyncDisposable {
  client: Client
  /** Those that `start` names. */
  node(name: string): LossyNode
}

export const baseName = 'debian'

export interface LossyOptions {
  stateDir: string
  /** All of these are nodes of the cloudlet; those that do not `start` never report. */
  nodes: readonly string[]
  start?: readonly string[]
}

const rate = 60

export async function startLossyCloudlet({ stateDir, nodes, start = nodes }: LossyOptions): Promise<LossyCloudlet> {
  const clock = hurriedClock(rate)
  const logger = silentLogger()
  const store = openSqliteStore({ path: join(stateDir, 'store'), clock })
  await addBase(store)
  const bus = createInProcessBus({ logger, clock })
  const config = MasterConfig.parse({ http: { port: 0 }, dataDir: stateDir })
  const blobs = await openBlobStore({ folder: join(stateDir, 'blobs'), clock, ...config.limits })
  const tokenFile = join(stateDir, 'first-admin-token')
  const leaveFirstSecret = (secret: string) => writeFile(tokenFile, secret)
  const agentTrust = { kind: 'key' as const, keyOf: () => 'no agent listens' }
  const master = await startMaster({ config, store, blobs, bus, logger, clock, agentTrust, leaveFirstSecret })
  for (const id of nodes) await master.registerNode({ id: id as NodeId, cluster: 'shelf' })
  const started = new Map<string, Awaited<ReturnType<typeof startNode>>>()
  for (const name of start) started.set(name, await startNode(name, { bus, clock, stateDir }))
  const client = createClient({ url: master.url, token: await readFile(tokenFile, 'utf8') })
  // Lost until their first report is taken.
  for (const name of start) {
    const params = { node: name as NodeId }
    await pollUntil(async () => (await client.nodes.show({ params })).liveness === 'ready', `${name} to report`)
  }

  return {
    client,
    node: (name) => started.get(name)!,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...started.values()].map((node) => node.stopAgent()))
      await master.stop()
      await bus.close()
      await store.close()
    },
  }
}

async function startNode(name: string, { bus, clock, stateDir }: { bus: Bus; clock: Clock; stateDir: string }) {
  const host = createSimulatedHypervisor({ hostname: name })
  const storage = memoryStorage()
  const node = name as NodeId
  let isLost = false
  let boot = 1
  let agent: Awaited<ReturnType<typeof startAgent>> | undefined

  const start = async () => {
    agent ??= await startAgent({
      config: AgentConfig.parse({ node, stateDir: join(stateDir, name) }),
      bus: lossyBus(bus, () => isLost),
      driver: createSimulatedDriver(host),
      pushArtifact: () => Promise.reject(new Error('nothing is pushed here')),
      logger: silentLogger(),
      version: '0',
      clock,
      bootClock: { bootId: `boot-${boot}`, nowMs: clock.monotonicMs },
      storage,
    })
  }
  const stop = async () => {
    await agent?.stop()
    agent = undefined
  }
  await start()
  return {
    running: () => [...host.vms.values()].map((vm) => vm.name),
    lose: () => void (isLost = true),
    find: () => void (isLost = false),
    startAgent: start,
    stopAgent: stop,
    powerOff: async () => {
      await stop()
      host.vms.clear()
      boot += 1
    },
  } satisfies LossyNode
}

const lossyBus = (bus: Bus, isLost: () => boolean): Bus => {
  const lose = async () => {
    if (isLost()) throw new ProblemError('unavailable', 'The master is out of reach.')
  }
  return {
    ...bus,
    publishReport: async (...report) => lose().then(() => bus.publishReport(...report)),
    publishFact: async (...fact) => lose().then(() => bus.publishFact(...fact)),
    subscribeDesired: (key, handler) =>
      bus.subscribeDesired(key, (delivery) => (isLost() ? undefined : handler(delivery))),
  }
}

async function addBase(store: Store): Promise<void> {
  const bases = store.collection('bases')
  const id = 'ba-00000000000000000000' as never
  if (await bases.get(id)) return
  const made = { digest: digestOf(baseName), machine: { ...sampleMachine, accelerator: sampleHost.accelerator } }
  await bases.insert({ id, name: baseName, description: '', status: 'available', ...made })
}
