// RabbitMQ is a cluster of three brokers, as docs/howto/standby-master.md makes one. Each is killed in turn under operations at
// 10/s, is away until all that was asked for meanwhile has ended, and comes back with what it had; then one comes back at
// once. Master, agents and queues lie on different brokers at first, so that each death hits something else.
// The broken build: a master that leaves queues on the broker that is away.
import { compareRevisions } from '@bramble/contracts'
import type { Operation, Revision } from '@bramble/contracts'
import { eventually } from '@bramble/kit'
import type { RabbitMqServer } from '@bramble/testkit'
import { isFull } from '../shared/full-counts.ts'
import { makeSimulatedService } from '../shared/simulated-service.ts'
import { leavesQueuesBehind } from './broken/leaves-queues-behind.ts'
import { judgeAccepted, judgeEnds, judgeFacts, judgeOrphans, launchedIds } from './support/judge.ts'
import { startLoad } from './support/load.ts'
import type { Load } from './support/load.ts'
import { startClusteredServers } from './support/servers.ts'
import { openSuite } from './support/suite.ts'
import type { Suite, SuiteOptions } from './support/suite.ts'

const rounds = isFull ? 10 : 1
const perSecond = 10
const nodes = 6
/** After a death all nodes obey, and all that was accepted by then has ended. */
const caughtUpWithinMs = 15_000
/** For so long no operation is accepted. */
const refusesForMs = 10_000

let servers: Awaited<ReturnType<typeof startClusteredServers>>
beforeAll(async () => {
  servers = await startClusteredServers()
}, 100_000)
afterAll(() => servers?.[Symbol.asyncDispose]())

const openLoaded = (options: SuiteOptions = {}): Promise<Suite> =>
  openSuite(servers, {
    ...options,
    prepare: async ({ startFleet, client }) => {
      await startFleet(nodes, { BRAMBLE__SIMULATED__START_MS: '100' })
      await makeSimulatedService(client())
    },
  })

/** What is wrong with everything that was accepted so far. */
async function judge({ oracle }: Suite, accepted: Load['accepted']): Promise<string[]> {
  const [operations, events] = [await oracle.operations(), await oracle.events()]
  const about = [judgeAccepted(accepted, operations), judgeEnds(operations, events)]
  return [...about.flat(), ...judgeFacts(launchedIds(operations), events)]
}

async function newestObeyed({ oracle }: Suite): Promise<Revision> {
  const obeyed = (await oracle.reports(nodes)).flatMap(({ obeys }) => obeys ?? [])
  return obeyed.reduce((newest, one) => (compareRevisions(one, newest) > 0 ? one : newest))
}

/** How long it takes until each node obeys a document that was made since, and what was accepted by now has ended. */
async function msUntilCaughtUp(suite: Suite, load: Load, since: Revision): Promise<number> {
  const startedMs = performance.now()
  const accepted = new Set<string>(load.accepted.map(({ id }) => id))
  await eventually(async () => {
    const open = (await suite.oracle.operations()).filter(({ id, endedAt }) => accepted.has(id) && !endedAt)
    expect(open.map(({ id, kind, phase }) => `${kind} ${id}: ${phase}`)).toEqual([])
    const behind = (await suite.oracle.reports(nodes)).filter(
      ({ obeys }) => !obeys || compareRevisions(obeys, since) <= 0,
    )
    expect(behind.map(({ node }) => `${node} obeys no newer document`)).toEqual([])
    expect((await fetch(`${await suite.master().url}/readyz`)).status).toBe(200)
  }, caughtUpWithinMs)
  return performance.now() - startedMs
}

/** It stays away until all goes on without it, or is started again `atOnce`. */
async function killAndBringBack(suite: Suite, load: Load, { broker, atOnce = false }: Death): Promise<number[]> {
  const before = await newestObeyed(suite)
  await broker.kill('SIGKILL')
  const [awayMs] = await Promise.all([msUntilCaughtUp(suite, load, before), atOnce && broker.restart()])
  const between = await newestObeyed(suite)
  if (!atOnce) await broker.restart()
  return [awayMs, await msUntilCaughtUp(suite, load, between)]
}

interface Death {
  broker: RabbitMqServer
  atOnce?: boolean
}

/** The last one first: on it, but for the first time, lie the queues of the nodes alone. */
function deaths(): Death[] {
  const { brokers } = servers
  const deathsPerRound = brokers.length + 1
  return Array.from({ length: rounds * deathsPerRound }, (_, at) => ({
    broker: brokers.at(-1 - (at % brokers.length))!,
    atOnce: at % deathsPerRound === brokers.length,
  }))
}

/** Between two operations that were accepted one after the other. */
function longestRefusalMs(accepted: readonly Operation[]): number {
  const times = accepted.map(({ createdAt }) => Date.parse(createdAt)).sort((a, b) => a - b)
  return Math.max(...times.slice(1).map((time, at) => time - times[at]!))
}

const inSeconds = (ms: number[]) => ms.map((one) => (one / 1000).toFixed(1)).join(', ')

it(
  `goes on while each of three brokers is away, ${rounds} times`,
  async () => {
    await using suite = await openLoaded()
    const load = startLoad(suite, { total: 10_000 * rounds, perSecond, prefix: 'brokers' })
    const caughtUpMs: number[] = []
    try {
      for (const death of deaths()) {
        await load.reached(load.accepted.length + perSecond)
        caughtUpMs.push(...(await killAndBringBack(suite, load, death)))
      }
    } finally {
      load.stop()
    }
    await load.done.catch(() => {})
    await eventually(async () => expect(await judge(suite, load.accepted)).toEqual([]), caughtUpWithinMs)
    await eventually(async () => expect(await suite.oracle.backlog()).toBe(0), caughtUpWithinMs)
    expect(judgeOrphans(await suite.oracle.instances(), await suite.oracle.reports(nodes))).toEqual([])
    expect(await suite.oracle.documents('deadFacts')).toEqual([])
    const refusedMs = longestRefusalMs(load.accepted)
    console.log(
      `brokers: ${load.accepted.length} operations, caught up after ${inSeconds(caughtUpMs)} s (away, back, ...), ` +
        `none accepted for ${inSeconds([refusedMs])} s, refusals ${JSON.stringify([...load.asking.refusals])}`,
    )
    expect(refusedMs).toBeLessThan(refusesForMs)
  },
  isFull ? 1_800_000 : 180_000,
)

it('starts while the broker of its queue of reports is away', async () => {
  await using suite = await openLoaded()
  await suite.stopMaster()
  // The first one that it names, so it has connected there and declared them.
  await servers.broker.kill('SIGKILL')
  const startedMs = performance.now()
  try {
    await suite.startMaster()
    await suite.untilReady(nodes)
    console.log(`brokers: serves again after ${inSeconds([performance.now() - startedMs])} s`)
  } finally {
    await servers.broker.restart()
  }
}, 120_000)

it('objects to a master that leaves queues on a broker that is away', async () => {
  await using suite = await openLoaded({ patches: [leavesQueuesBehind] })
  const load = startLoad(suite, { total: 10_000, perSecond, prefix: 'broken' })
  const broker = servers.brokers.at(-1)!
  try {
    await load.reached(perSecond)
    await expect(killAndBringBack(suite, load, { broker })).rejects.toThrow(
      /instance\.launch \S+: |obeys no newer document/,
    )
  } finally {
    load.stop()
    await broker.restart()
  }
}, 120_000)
