// A second master waits on the store of the first one. The first is killed, or stopped for longer than its lease and
// woken again, under operations at 20/s. The second serves soon, agents and clients that know both go on, every operation
// ends once, and nothing that the woken one still does has an effect: its writes are refused, its documents are of an
// earlier epoch.
// The broken builds: a master that takes over under the epoch of the one before; one that goes on without its lease.
import { eventually } from '@bramble/kit'
import type { MasterProcess } from '@bramble/testkit'
import { isFull } from '../shared/full-counts.ts'
import { makeSimulatedService, simulatedService as service } from '../shared/simulated-service.ts'
import { keepsTheEpoch } from './broken/keeps-the-epoch.ts'
import { goesOnWithoutItsLease } from './broken/goes-on-without-its-lease.ts'
import { judgeAccepted, judgeEnds, judgeFacts, judgeOrphans, launchedIds } from './support/judge.ts'
import { startLoad } from './support/load.ts'
import type { Load } from './support/load.ts'
import { openPair } from './support/pair.ts'
import type { Pair, PairOptions } from './support/pair.ts'
import { shortLease } from './support/patched.ts'
import { startServers } from './support/servers.ts'
import type { Servers } from './support/servers.ts'
import { end } from './support/suite.ts'

const takeovers = isFull ? 20 : 2
const total = 75 * takeovers
const servesWithinMs = 15_000
const restWithinMs = 30_000
const nodes = 3
const staleRequests = 40

let servers: Servers
beforeAll(async () => {
  servers = await startServers()
}, 100_000)
afterAll(() => servers?.[Symbol.asyncDispose]())

const openLoaded = (options: Omit<PairOptions, 'prepare'> = {}): Promise<Pair> =>
  openPair(servers, {
    ...options,
    prepare: async ({ suite, urls, client }) => {
      const env = { BRAMBLE__SIMULATED__NODES: `${nodes}`, BRAMBLE__SIMULATED__START_MS: '100' }
      await suite.startAgent({ folder: 'fleet', driver: 'none', env, masterUrl: urls })
      await suite.untilReady(nodes)
      await makeSimulatedService(client())
    },
  })

/** What is wrong with everything that was accepted. */
async function judge({ suite: { oracle } }: Pair, accepted: Load['accepted']): Promise<string[]> {
  const [operations, events] = [await oracle.operations(), await oracle.events()]
  const about = [judgeAccepted(accepted, operations), judgeEnds(operations, events)]
  return [...about.flat(), ...judgeFacts(launchedIds(operations), events)]
}

/** How long it took until the second one served. */
async function killServing(pair: Pair): Promise<number> {
  const startedMs = performance.now()
  await end(pair.serving())
  const killed = await pair.takeOver()
  const tookMs = performance.now() - startedMs
  await pair.addStandby(killed)
  return tookMs
}

async function stopServing(pair: Pair): Promise<number> {
  const startedMs = performance.now()
  const stopped = await stopUntilTakenOver(pair)
  const tookMs = performance.now() - startedMs
  expect(await stopped.ended).toEqual({ code: 1, signal: null })
  expect(stopped.logs()).toContain('the lease is lost')
  await pair.addStandby(stopped)
  return tookMs
}

/** While it is stopped it is asked for launches, which it finds when it wakes. Resolves when they are answered. */
async function stopUntilTakenOver(pair: Pair): Promise<MasterProcess> {
  const client = await pair.clientOfServing()
  pair.serving().kill('SIGSTOP')
  const stopped = await pair.takeOver()
  const asked = Array.from({ length: staleRequests }, (_, at) =>
    client.instances.launch({ body: { service, name: `stale-${stopped.pid}-${at}` } }),
  )
  const answers = Promise.allSettled(asked)
  stopped.kill('SIGCONT')
  await answers
  return stopped
}

/** What a master wrote that had lost its lease. */
async function judgeStale({ suite: { oracle } }: Pair): Promise<string[]> {
  const names = (await oracle.operations()).flatMap(({ intent }) =>
    intent.kind === 'instance.launch' ? [intent.instance.name] : [],
  )
  return names.filter((name) => name.startsWith('stale-')).map((name) => `${name} was written without the lease`)
}

it(
  `goes on with the second master over ${takeovers} ends of the first`,
  async () => {
    await using pair = await openLoaded()
    const { oracle } = pair.suite
    const sessions = new Set((await oracle.reports(nodes)).map(({ session }) => session))
    const load = startLoad(pair, { total, perSecond: 20, prefix: 'standby' })
    const tookMs: number[] = []
    try {
      for (let at = 0; at < takeovers; at += 1) {
        await load.reached(Math.floor((total * (at + 0.5)) / takeovers))
        tookMs.push(await (at % 2 === 0 ? killServing(pair) : stopServing(pair)))
      }
      await load.done
    } finally {
      load.stop()
    }
    await eventually(async () => expect(await judge(pair, load.accepted)).toEqual([]), restWithinMs)
    expect(await judgeStale(pair)).toEqual([])
    expect(await oracle.documents('deadFacts')).toEqual([])
    const reports = await oracle.reports(nodes)
    expect(judgeOrphans(await oracle.instances(), reports)).toEqual([])
    // The same runs of the agents as before, and all obey the last master.
    expect(reports.filter(({ session }) => !sessions.has(session))).toEqual([])
    expect(new Set(reports.map(({ obeys }) => obeys?.epoch))).toEqual(new Set([1 + takeovers]))
    const seconds = tookMs.map((ms) => (ms / 1000).toFixed(1)).join(', ')
    console.log(
      `standby: ${total} operations, served after ${seconds} s, refusals ${JSON.stringify([...load.asking.refusals])}`,
    )
    expect(Math.max(...tookMs)).toBeLessThan(servesWithinMs)
  },
  isFull ? 1_800_000 : 180_000,
)

it('objects to a master that takes over under the epoch of the one before', async () => {
  await using pair = await openLoaded({ patches: [shortLease, keepsTheEpoch] })
  // So that each node has had more documents than the second master will send.
  await startLoad(pair, { total: 30, perSecond: 20, prefix: 'before' }).done
  await killServing(pair)
  const { accepted, done } = startLoad(pair, { total: 3, perSecond: 20, prefix: 'after' })
  await done
  await expect(
    eventually(async () => expect(await judge(pair, accepted)).toEqual([]), restWithinMs / 3),
  ).rejects.toThrow(/instance\.launch \S+ is pending/)
}, 120_000)

it('objects to a master that goes on without its lease', async () => {
  await using pair = await openLoaded({ patches: [shortLease, ...goesOnWithoutItsLease] })
  await stopUntilTakenOver(pair)
  expect(await judgeStale(pair)).toContainEqual(expect.stringMatching(/ was written without the lease$/))
}, 120_000)
