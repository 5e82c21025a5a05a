// T10. The wall clock of an agent, then that of the master, is set by minutes and by hours, forth and back, under
// operations. No node is lost for it and nothing is replaced, no time that is told ends before it began, and what master
// and agents ask of each other by certificates goes on.
// The broken build: a master that counts silence by the clock of the agent.
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Instance, NodeId, Operation, ServiceId } from '@bramble/contracts'
import { eventually } from '@bramble/kit'
import { makeTempFolder } from '@bramble/testkit'
import type { AgentProcess } from '@bramble/testkit'
import { isFull } from '../shared/full-counts.ts'
import { launch } from '../shared/operations.ts'
import { makeSimulatedService, simulatedService as service } from '../shared/simulated-service.ts'
import { believesTheAgentsClock } from './broken/believes-the-agents-clock.ts'
import { judgeAccepted, judgeEnds, judgeFacts, judgeOrphans, launchedIds } from './support/judge.ts'
import { startLoad } from './support/load.ts'
import { hurriedLiveness } from './support/patched.ts'
import type { Patch } from './support/patch.ts'
import { seed, seededRandom } from './support/seeded-random.ts'
import { startServers } from './support/servers.ts'
import type { Servers } from './support/servers.ts'
import { openSuite } from './support/suite.ts'
import type { Suite } from './support/suite.ts'
import { makeWrongClock } from './support/wrong-clock.ts'
import type { WrongClock } from './support/wrong-clock.ts'

const nodes = ['a', 'b', 'c']
const random = seededRandom(seed)
const minutes = random() < 0.5 ? ['+10m', '-10m'] : ['-10m', '+10m']
const hours = random() < 0.5 ? ['+2h', '-2h'] : ['-2h', '+2h']
/** Each from where the one before has left it. */
const offsets = isFull ? [...minutes, ...hours, '+0'] : [minutes[0]!, ...hours]
const total = isFull ? 200 : 20
/** Longer than it takes until a node that is silent is lost, and until somebody looks. */
const heldMs = 14_000
const restWithinMs = 30_000

let servers: Servers
beforeAll(async () => {
  servers = await startServers()
}, 100_000)
afterAll(() => servers?.[Symbol.asyncDispose]())

interface Clocked extends AsyncDisposable {
  suite: Suite
  agents: AgentProcess[]
  /** Of the node `a`, and of the master. */
  clocks: WrongClock[]
}

/** `b` joins with the clock that is given. */
async function openClocked({ patches = [], b }: { patches?: Patch[]; b: string }): Promise<Clocked> {
  const folder = await makeTempFolder()
  const undo = new AsyncDisposableStack()
  undo.defer(folder.remove)
  try {
    const clock = (name: string, offset?: string) => makeWrongClock(join(folder.path, `clock-${name}`), offset)
    const [ofMaster, ofA, ofB] = [await clock('master'), await clock('a'), await clock('b', b)]
    const masters = { patches: [...hurriedLiveness, ...patches], env: ofMaster.env }
    const suite = undo.use(await openSuite(servers, { agentPatches: hurriedLiveness, ...masters }))
    const agents: AgentProcess[] = []
    for (const [node, env] of [['a', ofA.env] as const, ['b', ofB.env] as const, ['c', {}] as const]) {
      const times = { BRAMBLE__SIMULATED__START_MS: '1500', BRAMBLE__SIMULATED__READY_MS: '500' }
      agents.push(await suite.startAgent({ folder: node, node, env: { ...times, ...env } }))
    }
    await suite.untilReady(nodes.length)
    await makeSimulatedService(suite.client())
    const whenLost = { policy: 'replace' as const, stopAfterSeconds: 60 }
    await suite.client().services.update({ params: { service: service as ServiceId }, body: { whenLost } })
    for (const node of nodes) await launch(suite.client(), { service, name: `on-${node}`, node: node as NodeId })
    return { suite, agents, clocks: [ofA, ofMaster], [Symbol.asyncDispose]: () => undo.disposeAsync() }
  } catch (error) {
    await undo.disposeAsync()
    throw error
  }
}

/** What happened to nodes and instances that were well. */
async function judgeEvictions({ suite: { oracle } }: Clocked): Promise<string[]> {
  const bad = /^(node\.(suspect|lost)|cluster\.frozen|instance\.(lost|failed|replaced|replacing))$/
  return (await oracle.events()).filter(({ type }) => bad.test(type)).map(({ summary }) => summary)
}

type Times = Record<string, string | undefined>
const isBackwards = (times: Times, from: string, to: string) =>
  times[from] !== undefined && times[to] !== undefined && Date.parse(times[to]) < Date.parse(times[from])

/** Times of one document that end before they began. */
async function judgeTimes({ suite, agents }: Clocked): Promise<string[]> {
  const { oracle } = suite
  const told: [string, Times, from: string, to: string][] = []
  for (const it of await oracle.documents<Operation>('operations')) {
    const times = it as unknown as Times
    told.push([it.id, times, 'startedAt', 'endedAt'], [it.id, times, 'createdAt', 'updatedAt'])
  }
  for (const it of await oracle.documents<Instance>('instances')) {
    told.push([it.id, it as unknown as Times, 'createdAt', 'updatedAt'])
    told.push([it.id, it.status as unknown as Times, 'startedAt', 'readyAt'])
  }
  const backwards = told.filter(([, ...times]) => isBackwards(...times))
  const metrics = await Promise.all([await suite.master().url, ...(await probesOf(agents))].map(negativeMetrics))
  return [...backwards.map(([id, , from, to]) => `${id}: ${to} is before ${from}`), ...metrics.flat()]
}

const probesOf = (agents: readonly AgentProcess[]) => Promise.all(agents.map(({ probesUrl }) => probesUrl))

async function negativeMetrics(url: string): Promise<string[]> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return text.split('\n').filter((line) => !line.startsWith('#') && / -\d/.test(line))
}

/** Consoles come from the agents' own listeners, which know the master by its certificate. */
async function askAgents({ suite }: Clocked): Promise<void> {
  for (const node of nodes) {
    const console = await suite.client().instances.console({ params: { instance: `on-${node}` } })
    expect(console).toContain('this guest is simulated')
  }
}

it(
  `evicts nobody and tells no time backwards over ${2 * offsets.length} settings of clocks (seed ${seed})`,
  async () => {
    await using clocked = await openClocked({ b: '-2h' })
    const { suite, clocks } = clocked
    const { oracle } = suite
    const perSecond = (1000 * total) / (2 * offsets.length * heldMs)
    const load = startLoad(suite, { total, perSecond, prefix: 't10' })
    try {
      for (const clock of clocks) {
        for (const offset of offsets) {
          await clock.set(offset)
          await askAgents(clocked)
          await pause(heldMs)
          expect([offset, await judgeEvictions(clocked)]).toEqual([offset, []])
        }
      }
      await load.done
    } finally {
      load.stop()
    }
    await eventually(async () => {
      const [operations, events] = [await oracle.operations(), await oracle.events()]
      const about = [judgeAccepted(load.accepted, operations), judgeEnds(operations, events)]
      expect([...about.flat(), ...judgeFacts(launchedIds(operations), events)]).toEqual([])
    }, restWithinMs)
    expect(judgeOrphans(await oracle.instances(), await oracle.reports(nodes.length))).toEqual([])
    expect(await judgeEvictions(clocked)).toEqual([])
    expect(await judgeTimes(clocked)).toEqual([])
    console.log(`T10: ${total} operations, agent and master at ${offsets.join(', ')}`)
  },
  isFull ? 600_000 : 180_000,
)

it('objects to a master that counts silence by the clock of the agent', async () => {
  await using clocked = await openClocked({ patches: [believesTheAgentsClock], b: '+0' })
  await clocked.clocks[0]!.set('-2h')
  await eventually(async () => expect(await judgeEvictions(clocked)).toContain('node a lost'), heldMs)
}, 120_000)
