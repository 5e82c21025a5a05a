// T5. RabbitMQ is killed, and queues are deleted, under operations at 20/s. Nothing that was accepted is lost or stuck,
// no fact of a node is lost or told twice, and soon after the broker is back nothing waits any more.
// The broken build: an agent that forgets facts before the broker has confirmed them.
import { setTimeout as pause } from 'node:timers/promises'
import { eventually } from '@bramble/kit'
import { madeForGoodMs } from '@bramble/testkit'
import { isFull } from '../shared/full-counts.ts'
import { makeSimulatedService } from '../shared/simulated-service.ts'
import { tellsFactsOnce } from './broken/tells-facts-once.ts'
import { judgeAccepted, judgeEnds, judgeFacts, judgeOrphans, launchedIds } from './support/judge.ts'
import { startLoad } from './support/load.ts'
import type { Load } from './support/load.ts'
import { seed, seededRandom } from './support/seeded-random.ts'
import { startServers } from './support/servers.ts'
import type { Servers } from './support/servers.ts'
import { openSuite } from './support/suite.ts'
import type { Suite, SuiteOptions } from './support/suite.ts'

const kills = isFull ? 30 : 2
const deletions = isFull ? 5 : 1
const total = isFull ? 2000 : 150
const emptyWithinMs = 15_000
/**
 * A desired document that waited in a deleted queue is sent again when the next heartbeat (10 s) shows that it was not obeyed
 * for 5 s, by a task that looks every 5 s.
 */
const resentWithinMs = emptyWithinMs + 10_000
const nodes = 3

let servers: Servers
beforeAll(async () => {
  servers = await startServers()
}, 100_000)
afterAll(() => servers?.[Symbol.asyncDispose]())

const openLoaded = ({ startMs, ...options }: SuiteOptions & { startMs: number }): Promise<Suite> =>
  openSuite(servers, {
    ...options,
    prepare: async ({ startFleet, client }) => {
      await startFleet(nodes, { BRAMBLE__SIMULATED__START_MS: `${startMs}` })
      await makeSimulatedService(client())
    },
  })

/** What is wrong with everything that was accepted so far. */
async function judge({ oracle }: Suite, accepted: Load['accepted']): Promise<string[]> {
  const [operations, events] = [await oracle.operations(), await oracle.events()]
  const about = [judgeAccepted(accepted, operations), judgeEnds(operations, events)]
  return [...about.flat(), ...judgeFacts(launchedIds(operations), events)]
}

const killBroker = async () => {
  await servers.broker.kill('SIGKILL')
  await servers.broker.restart()
}

/** With what waits in them. */
const deleteQueues = async ({ virtualHost }: Suite) => {
  const { managementUrl, user, password } = servers.broker
  const headers = { authorization: `Basic ${btoa(`${user}:${password}`)}` }
  const ask = async (queue: string, method?: string) => {
    const path = `${managementUrl}/api/queues/${encodeURIComponent(virtualHost)}/${queue}`
    return (await fetch(path, { headers, ...(method && { method }) })).status
  }
  const ofMaster = ['master.facts', 'master.reports', 'master.dead']
  for (const queue of [...ofMaster, 'desired.node.sim-002']) expect(await ask(queue, 'DELETE')).toBe(204)
  await eventually(async () => expect(await Promise.all(ofMaster.map((it) => ask(it)))).toEqual([200, 200, 200]))
  await pause(madeForGoodMs)
}

/** How long after the fault was over the last of what had been accepted by then had ended. */
async function msUntilCaughtUp(suite: Suite, load: Load, withinMs: number): Promise<number> {
  const startedMs = performance.now()
  const accepted = new Set<string>(load.accepted.map(({ id }) => id))
  await eventually(async () => {
    const open = (await suite.oracle.operations()).filter(({ id, endedAt }) => accepted.has(id) && !endedAt)
    expect(open.map(({ id, kind, phase }) => `${kind} ${id}: ${phase}`)).toEqual([])
  }, withinMs)
  return performance.now() - startedMs
}

it(
  `keeps everything over ${kills} deaths of the broker and ${deletions} losses of its queues (seed ${seed})`,
  async () => {
    const random = seededRandom(seed)
    await using suite = await openLoaded({ startMs: 100 })
    const faults = Array.from({ length: kills + deletions }, (_, at) => ({ isKill: at < kills, order: random() }))
    const load = startLoad(suite, { total, perSecond: 20, prefix: 't5' })
    const caughtUpMs: number[] = []
    try {
      for (const [at, { isKill }] of faults.sort((a, b) => a.order - b.order).entries()) {
        await load.reached(Math.floor((total * (at + random())) / (faults.length + 1)))
        await (isKill ? killBroker() : deleteQueues(suite))
        caughtUpMs.push(await msUntilCaughtUp(suite, load, isKill ? emptyWithinMs : resentWithinMs))
      }
      await load.done
    } finally {
      load.stop()
    }
    await eventually(async () => expect(await judge(suite, load.accepted)).toEqual([]), emptyWithinMs)
    // A queue that was deleted just now is about to be declared again.
    await eventually(async () => expect(await suite.oracle.backlog()).toBe(0), emptyWithinMs)
    expect(judgeOrphans(await suite.oracle.instances(), await suite.oracle.reports(nodes))).toEqual([])
    expect(await suite.oracle.documents('deadFacts')).toEqual([])
    const seconds = caughtUpMs.map((ms) => (ms / 1000).toFixed(1)).join(', ')
    console.log(
      `T5: ${total} operations, caught up after ${seconds} s, refusals ${JSON.stringify([...load.asking.refusals])}`,
    )
  },
  isFull ? 1_800_000 : 150_000,
)

it('objects to an agent that forgets facts before they are confirmed', async () => {
  // Long enough for some to start while the broker is away.
  await using suite = await openLoaded({ startMs: 1000, agentPatches: [tellsFactsOnce] })
  const load = startLoad(suite, { total: 30, perSecond: 20, prefix: 'broken' })
  await load.reached(12)
  await killBroker()
  await load.done
  await msUntilCaughtUp(suite, load, emptyWithinMs)
  // All is as it should be but for the facts.
  const { accepted } = load
  await eventually(async () => expect((await judge(suite, accepted)).filter(isNotOfFact)).toEqual([]), emptyWithinMs)
  expect(await judge(suite, accepted)).toContainEqual(expect.stringMatching(/^instance\.\w+ \S+ was told 0 times$/))
}, 120_000)

const isNotOfFact = (wrong: string) => !wrong.includes(' was told ')
