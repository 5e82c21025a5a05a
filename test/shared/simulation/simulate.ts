// A master (the product's own, with its tasks and a store in memory) and nodes that are simulated by their decisions, in
// time that stands still between two seconds of it. A scenario says what goes wrong, and when; the same one gives the
// same run.
import type { NodeId } from '@bramble/contracts'
import { fakeClock, silentLogger, systemClock } from '@bramble/kit'
import type { FakeClock } from '@bramble/kit'
import { launchInstance } from '../../../services/cluster-master/src/app/launch-instance.ts'
import { registerNode } from '../../../services/cluster-master/src/app/register-node.ts'
import { MasterConfig } from '../../../services/cluster-master/src/config.ts'
import { createMaster } from '../../../services/cluster-master/src/create-master.ts'
import type { Master } from '../../../services/cluster-master/src/master.ts'
import { guardStore } from '../../../services/cluster-master/src/readiness/guard-store.ts'
import { openSqliteStore } from '../../../services/cluster-master/src/store/sqlite-store.ts'
import { addSampleBase, runTasks, sampleBaseName } from '../../../services/cluster-master/src/testing/run-tasks.ts'
import { sampleArtifacts } from '../../../services/cluster-master/src/testing/samples.ts'
import { createLease } from '../../../services/node-agent/src/lease/lease.ts'
import { createSimulatedAgent } from './simulated-agent.ts'
import type { MakeLease, SimulatedAgent } from './simulated-agent.ts'
import { createSimulatedNetwork } from './simulated-network.ts'
import type { Disturbance } from './simulated-network.ts'

export type Fault =
  | { kind: 'master'; atS: number; downS: number }
  /** The agent's process: its VMs run on. */
  | { kind: 'agent'; atS: number; downS: number; node: number }
  | { kind: 'host'; atS: number; downS: number; node: number }

export interface Scenario {
  disturbances: Disturbance[]
  faults: Fault[]
  latenciesMs: number[]
  stopAfterSeconds: number
  startMs: number
  endMs: number
  /** Whether scripts/lib/end-expired runs on the hosts. */
  hasEndExpired: boolean
}

export interface Outcome {
  /** Of an instance, more VMs than one at a time: when, and where. */
  violations: string[]
  replacements: number
  /** Once all is well for long enough: per instance how many VMs run, and what the master shows. */
  end: { name: string; alive: number; phase: string }[]
}

/** Each has room for one instance. */
export const nodeNames = ['a', 'b', 'c'] as const
const instanceNames = ['one', 'two']
/** Until all nodes are there and the instances are launched; the times of a scenario count from then. */
const calmS = 5
const troubleS = 450
const healingS = 300

export async function simulate(scenario: Scenario, makeLease: MakeLease = createLease): Promise<Outcome> {
  const clock = fakeClock()
  const disturbances = scenario.disturbances.map((it) => ({ ...it, fromS: it.fromS + calmS }))
  const network = createSimulatedNetwork({ ...scenario, clock, nodes: nodeNames, disturbances })
  const agents = nodeNames.map((node, index) => {
    const send = (report: Parameters<typeof network.sendReport>[1]) => network.sendReport(index, report)
    const agent = createSimulatedAgent({ ...scenario, node, clock, send, makeLease })
    network.onDesired(index, agent.receive)
    return agent
  })
  const masters = createMasters(clock, network.busFor)
  await masters.start()
  await addSampleBase(masters.now())
  for (const id of nodeNames) await registerNode(masters.now(), { id: id as NodeId, cluster: 'shelf' })
  for (const agent of agents) agent.start()

  const violations: string[] = []
  const passSecond = async () => {
    clock.advance(1000)
    await settle(clock)
    violations.push(...findTwins(agents, clock.monotonicMs() / 1000))
  }
  for (let second = 0; second < calmS; second += 1) await passSecond()
  await launchAll(masters.now(), scenario)
  scheduleFaults(scenario, { clock, agents, masters })
  for (let second = 0; second < troubleS + healingS && violations.length === 0; second += 1) await passSecond()
  const outcome = { violations, ...(await lookAtEnd(masters.now(), agents)) }
  await masters.stop()
  return outcome
}

/** Lets everything happen that is due now: a durable write takes some turns of the event loop. */
async function settle(clock: FakeClock): Promise<void> {
  for (let turns = 0; turns < 12; turns += 1) {
    clock.advance(0)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

async function launchAll(master: Master, { stopAfterSeconds }: Scenario): Promise<void> {
  for (const [at, name] of instanceNames.entries()) {
    const whenLost = { policy: 'replace' as const, stopAfterSeconds }
    const request = { name, base: sampleBaseName, publish: [], whenLost, node: nodeNames[at] as NodeId }
    await launchInstance(master, { tokenId: 't', requestId: 'r' }, request)
  }
}

function findTwins(agents: readonly SimulatedAgent[], second: number): string[] {
  const seen = new Map<string, string[]>()
  for (const [at, agent] of agents.entries())
    for (const id of agent.alive()) seen.set(id, [...(seen.get(id) ?? []), nodeNames[at]!])
  return [...seen].filter(([, nodes]) => nodes.length > 1).map(([id, nodes]) => `${second} s: ${id} on ${nodes.join()}`)
}

async function lookAtEnd({ records, store }: Master, agents: readonly SimulatedAgent[]) {
  const alive = agents.flatMap((agent) => agent.alive())
  const operations = await store.collection('operations').all()
  return {
    replacements: operations.filter(({ kind, status }) => kind === 'instance.replace' && status === 'succeeded').length,
    end: instanceNames.map((name) => {
      const instance = records.instances.named(name)!
      return { name, alive: alive.filter((id) => id === instance.id).length, phase: instance.status.phase }
    }),
  }
}

/** One master after another on one store; one that was killed writes and sends nothing more. */
function createMasters(clock: FakeClock, busFor: ReturnType<typeof createSimulatedNetwork>['busFor']) {
  const store = openSqliteStore({ path: ':memory:', clock: systemClock })
  const logger = silentLogger()
  let current: { master: Master; kill: () => void } | undefined

  const start = async () => {
    let isAlive = true
    const own = guardStore(store, { readiness: { isUp: () => isAlive }, doubt: () => {} })
    const master = await createMaster({
      config: MasterConfig.parse({}),
      clock: { ...clock, after: (ms, act) => clock.after(ms, () => void (isAlive && act())) },
      logger,
      store: own,
      bus: busFor(() => isAlive),
      readiness: { demand: () => {} },
      artifacts: sampleArtifacts(),
      agentTrust: { kind: 'key', keyOf: () => '' },
      written: () => {},
    })
    const tasks = await runTasks(master)
    const kill = () => {
      isAlive = false
      void tasks.stop()
    }
    current = { master, kill }
  }
  return {
    start,
    now: () => current!.master,
    kill: () => current!.kill(),
    stop: async () => {
      current!.kill()
      await store.close()
    },
  }
}

interface Parts {
  clock: FakeClock
  agents: readonly SimulatedAgent[]
  masters: ReturnType<typeof createMasters>
}

function scheduleFaults({ faults }: Scenario, { clock, agents, masters }: Parts): void {
  const at = (second: number, act: () => void) => void clock.after(second * 1000, act)
  for (const fault of faults) {
    const back = fault.atS + fault.downS
    if (fault.kind === 'master') {
      at(fault.atS, masters.kill)
      at(back, () => void masters.start())
      continue
    }
    const agent = agents[fault.node]!
    at(fault.atS, fault.kind === 'agent' ? agent.kill : agent.powerOff)
    at(back, agent.start)
  }
}
