// T1. The master is killed at the crash points that it names and at random times, while it provisions on three nodes.
// Every operation that it accepted ends in exactly one way soon after it is back, and no node has anything that the store
// does not know. The crash points of a replacement are passed by system/lost-node.test.ts, where nodes get lost.
// The broken build: a master that answers before it has stored what it accepts.
import { setTimeout as pause } from 'node:timers/promises'
import type { Digest, Instance, Operation } from '@bramble/contracts'
import { eventually } from '@bramble/kit'
import { crashPoint } from '../../services/cluster-master/src/crash-points.ts'
import { isFull } from '../shared/full-counts.ts'
import { launch } from '../shared/operations.ts'
import { makeSimulatedService, simulatedService as service } from '../shared/simulated-service.ts'
import { answersBeforeStoring } from './broken/answers-before-storing.ts'
import { askUntilAccepted } from './support/ask.ts'
import { judgeAccepted, judgeEnds, judgeFacts, judgeOrphans, launchedIds } from './support/judge.ts'
import { heartbeatShortenedByMs, leaseShortenedByMs, shortHeartbeat, shortLease } from './support/patched.ts'
import { seed, seededRandom } from './support/seeded-random.ts'
import { startServers } from './support/servers.ts'
import type { Servers } from './support/servers.ts'
import { end, openSuite } from './support/suite.ts'
import type { Suite } from './support/suite.ts'

const nodes = 3
const random = seededRandom(seed)
const points = crashPoint.names
  .filter((name) => !name.startsWith('replace.'))
  .map((name) => ({ name, order: random() }))
  .sort((a, b) => a.order - b.order)
  .map(({ name }) => name)
const kills: (string | 'random')[] = isFull
  ? [...points, ...Array<string>(200).fill('random')]
  : [...points.slice(0, 4), 'random', 'random']
const launchesPerKill = isFull ? 3 : 5
const longestLifeMs = 1500
const patches = [shortLease, shortHeartbeat]
const terminalWithinMs = 30_000 - leaseShortenedByMs - heartbeatShortenedByMs

let servers: Servers
beforeAll(async () => {
  servers = await startServers()
}, 100_000)
afterAll(() => servers?.[Symbol.asyncDispose]())

const openProvisioned = (): Promise<Suite> =>
  openSuite(servers, {
    patches,
    agentPatches: [shortHeartbeat],
    prepare: async ({ startFleet, client }) => {
      await startFleet(nodes, { BRAMBLE__SIMULATED__START_MS: '60', BRAMBLE__SIMULATED__READY_MS: '60' })
      await makeSimulatedService(client())
    },
  })

/** What a round of the test asks for: enough to pass every crash point. */
async function createRequests({ client, oracle }: Suite) {
  const source: Instance = await launch(client(), { service, name: 'bystander' })
  const spare = [source, await launch(client(), { service, name: 'first' })].map(({ id }) => id as string).slice(1)
  const [made] = (await oracle.operations()).filter(({ kind }) => kind === 'base.create')
  const disk = (made!.intent as { request: { source: { disk: Digest } } }).request.source.disk

  const ask = (key: string, request: (how: { idempotencyKey: string; signal: AbortSignal }) => Promise<Operation>) =>
    askUntilAccepted(request, { key })
  const launchOne = async (key: string) => {
    const operation = await ask(key, (how) => client().instances.launch({ body: { service, name: key }, ...how }))
    spare.push(operation.resources[0]!.id)
    return operation
  }
  const deleteOne = (key: string) => {
    const instance = spare.shift()!
    return ask(key, (how) => client().instances.remove({ params: { instance }, ...how }))
  }
  const saveOverlay = (name: string) => {
    const body = { name, source: { kind: 'instance' as const, instance: source.id } }
    return ask(name, (how) => client().overlays.create({ body, ...how }))
  }
  const makeBase = (name: string) => {
    const probe = { kind: 'http' as const, port: 80 }
    const body = { name, source: { kind: 'disk' as const, disk, machine: {}, probe } }
    return ask(name, (how) => client().bases.create({ body, ...how }))
  }
  return (round: number): Promise<Operation>[] => [
    ...Array.from({ length: launchesPerKill }, (_, at) => launchOne(`t1-${round}-${at}`)),
    deleteOne(`t1-${round}-delete`),
    saveOverlay(`t1-${round}-overlay`),
    makeBase(`t1-${round}-base`),
  ]
}

/** Resolves when the master has died at the point, or of the kill at some random time. */
async function awaitDeath(suite: Suite, kill: string): Promise<void> {
  if (kill === 'random') {
    await pause(random() * longestLifeMs)
    return end(suite.master())
  }
  const how = await Promise.race([suite.master().ended, pause(20_000)])
  expect([kill, how]).toEqual([kill, { code: null, signal: 'SIGKILL' }])
}

async function judge({ oracle }: Suite, accepted: readonly Operation[]): Promise<string[]> {
  const [operations, events] = [await oracle.operations(), await oracle.events()]
  const about = [judgeAccepted(accepted, operations), judgeEnds(operations, events)]
  return [...about.flat(), ...judgeFacts(launchedIds(operations), events)]
}

/** Of the operations that a restart found open: from the last restart before their end until then. */
const msToEnd = (operations: readonly Operation[], restartsMs: readonly number[]): number[] =>
  operations.flatMap(({ startedAt, endedAt }) => {
    const [startMs, endMs] = [Date.parse(startedAt!), Date.parse(endedAt!)]
    const last = restartsMs.findLast((restartMs) => startMs < restartMs && restartMs < endMs)
    return last === undefined ? [] : [endMs - last]
  })

it(
  `ends every accepted operation once over ${kills.length} kills (seed ${seed})`,
  async () => {
    await using suite = await openProvisioned()
    const request = await createRequests(suite)
    const accepted: Operation[] = []
    const restartsMs: number[] = []
    for (const [round, kill] of kills.entries()) {
      if (kill !== 'random') await suite.armMaster(kill)
      const asked = request(round)
      for (const one of asked) one.catch(() => {})
      await awaitDeath(suite, kill)
      await suite.armMaster('')
      restartsMs.push(Date.now())
      await suite.startMaster()
      accepted.push(...(await Promise.all(asked)))
    }
    await eventually(async () => expect(await judge(suite, accepted)).toEqual([]), terminalWithinMs)
    expect(judgeOrphans(await suite.oracle.instances(), await suite.oracle.reports(nodes))).toEqual([])
    expect(await suite.oracle.documents('deadFacts')).toEqual([])

    const operations = await suite.oracle.operations()
    const tookMs = msToEnd(operations, restartsMs).sort((a, b) => a - b)
    const p99Ms = tookMs[Math.ceil(tookMs.length * 0.99) - 1]!
    console.log(
      `T1: ${operations.length} operations, ${kills.join(', ')}; restart to end: p99 ${p99Ms} ms of ${tookMs.length}`,
    )
    expect(tookMs.length).toBeGreaterThan(kills.length)
    expect(p99Ms).toBeLessThan(terminalWithinMs)
  },
  isFull ? 3_000_000 : 240_000,
)

it('objects to a master that answers before it has stored what it accepts', async () => {
  await using suite = await openProvisioned()
  await suite.stopMaster()
  await suite.startMaster([...patches, answersBeforeStoring])
  const accepted = await suite.client().instances.launch({ body: { service, name: 'broken' } })
  await suite.killMaster()
  await suite.startMaster()
  expect(await judge(suite, [accepted])).toContainEqual(`${accepted.id} was accepted and is lost`)
}, 60_000)
