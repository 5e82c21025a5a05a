// A master with the tasks that carry instances, on nodes that report every 10 s until they are silenced, in time that the
// test moves: what takes minutes takes no time, and is the same each time.
import { heartbeatMs } from '@bramble/contracts'
import type { Instance, NodeId, Operation, WhenLost } from '@bramble/contracts'
import { launchInstance } from '../app/launch-instance.ts'
import { registerNode } from '../app/register-node.ts'
import type { Master } from '../master.ts'
import { startFakeAgent } from './fake-agent.ts'
import type { FakeAgent, FakeAgentOptions } from './fake-agent.ts'
import { makeMaster } from './make-master.ts'
import { addSampleBase, runTasks, sampleBaseName } from './run-tasks.ts'

export interface Fleet extends AsyncDisposable {
  /** Another one after `restart`. */
  readonly master: Master
  agent(node: string): FakeAgent
  addNode(node: string, options?: Partial<FakeAgentOptions>): Promise<FakeAgent>
  /** No report of these nodes comes through any more, and no document goes to them. */
  silence(...nodes: string[]): void
  hear(...nodes: string[]): void
  /** Lets time pass, with all that is due in it. */
  pass(seconds: number): Promise<void>
  launch(name: string, whenLost?: WhenLost, node?: string): Promise<Instance>
  instance(name: string): Instance
  operations(kind: Operation['kind']): Promise<Operation[]>
  eventTypes(): Promise<string[]>
  /** Another master on the same store, which remembers nothing. */
  restart(): Promise<void>
}

export async function startFleet(...nodes: string[]): Promise<Fleet> {
  const made = await makeMaster()
  const { clock } = made
  const agents = new Map<string, FakeAgent>()
  const silenced = new Set<string>()
  let master = made.master
  let running = await runTasks(master)

  const settle = async () => {
    for (let turns = 0; turns < 40; turns += 1) {
      clock.advance(0)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  /** Reports come a third of a heartbeat apart, as those of agents that were started one after another. */
  const beat = async (second: number) => {
    for (const [at, [id, agent]] of [...agents].entries())
      if (!silenced.has(id) && second % (heartbeatMs / 1000) === (at * 3) % 10) await agent.report()
  }
  let second = 0
  const pass = async (seconds: number) => {
    for (let passed = 0; passed < seconds; passed += 1) {
      clock.advance(1000)
      await beat((second += 1))
      await settle()
    }
  }
  const fleet: Fleet = {
    get master() {
      return master
    },
    agent: (node) => agents.get(node)!,
    addNode: async (node, options) => {
      await registerNode(master, { id: node as NodeId, cluster: 'shelf' })
      const deaf = () => silenced.has(node)
      const bus: Master['bus'] = {
        ...master.bus,
        publishReport: async (...report) => (deaf() ? undefined : master.bus.publishReport(...report)),
        subscribeDesired: (key, handler) =>
          master.bus.subscribeDesired(key, (delivery) => (deaf() ? undefined : handler(delivery))),
      }
      const agent = await startFakeAgent({ bus, node: node as NodeId, ...options })
      agents.set(node, agent)
      await settle()
      return agent
    },
    silence: (...which) => which.forEach((node) => silenced.add(node)),
    hear: (...which) => which.forEach((node) => silenced.delete(node)),
    pass,
    launch: async (name, whenLost, node) => {
      const request = { name, base: sampleBaseName, publish: [], whenLost, node: node as NodeId }
      await launchInstance(master, { tokenId: 't', requestId: 'r' }, request)
      await pass(1)
      return fleet.instance(name)
    },
    instance: (name) => master.records.instances.named(name)!,
    operations: async (kind) =>
      (await master.store.collection('operations').all()).filter((operation) => operation.kind === kind),
    eventTypes: async () => (await master.store.events(0, 1000)).items.map(({ type }) => type),
    restart: async () => {
      await running.stop()
      master = await made.again()
      running = await runTasks(master)
      await settle()
    },
    [Symbol.asyncDispose]: async () => {
      await running.stop()
      await made.stop()
    },
  }
  await addSampleBase(master)
  for (const node of nodes) await fleet.addNode(node)
  return fleet
}

/** With 60 s, as when nothing is said. */
export const whenLost = (policy: WhenLost['policy']): WhenLost =>
  policy === 'keep' ? { policy } : { policy, stopAfterSeconds: 60 }
