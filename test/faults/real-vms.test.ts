// T2. The agent is killed at the crash points that it names and at random times, over real VMs: none that is well is
// started again, none is there twice, and soon after it is back it has taken over all of them.
// T8. A node dies and returns as it was. What was deleted or replaced meanwhile is gone from it within one heartbeat; what
// is still wanted runs on as the same process.
// The broken builds: an agent that begins anew with what it finds; one that keeps to the document that it had.
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { crashPoint } from '@bramble/node-agent'
import type { Instance, NodeId, Operation, WhenLost } from '@bramble/contracts'
import { eventually } from '@bramble/kit'
import { pollUntil } from '@bramble/testkit'
import type { AgentProcess } from '@bramble/testkit'
import { isFull } from '../shared/full-counts.ts'
import { launch, remove } from '../shared/operations.ts'
import { clearsWhatItFinds } from './broken/clears-what-it-finds.ts'
import { keepsToItsDocument } from './broken/keeps-to-its-document.ts'
import { askUntilAccepted } from './support/ask.ts'
import { makeTinyBase, openHost } from './support/host.ts'
import type { Host } from './support/host.ts'
import { judgeEnds } from './support/judge.ts'
import { hurriedLiveness } from './support/patched.ts'
import { seed, seededRandom } from './support/seeded-random.ts'
import { startServers } from './support/servers.ts'
import type { Servers } from './support/servers.ts'
import { end, openSuite } from './support/suite.ts'
import type { Suite } from './support/suite.ts'

const heartbeatMs = 10_000
const adoptWithinMs = 5000
const restWithinMs = 30_000
const cycles = isFull ? 10 : 1
const longestLifeMs = 3000

const random = seededRandom(seed)
/** What happens when node and master lose each other has a test of its own: system/lost-node.test.ts. */
const points = crashPoint.names
  .filter((name) => !name.startsWith('agent.stop.'))
  .map((name) => ({ name, order: random() }))
  .sort((a, b) => a.order - b.order)
  .map(({ name }) => name)
const kills: (string | 'random')[] = isFull
  ? [...points, ...Array<string>(100).fill('random')]
  : [...points.slice(0, 2), 'random']

let servers: Servers
let host: Host
let suite: Suite
let agent: AgentProcess
const ends = new AsyncDisposableStack()
beforeAll(async () => {
  servers = ends.use(await startServers())
  host = ends.use(await openHost())
  suite = ends.use(await openSuite(servers, { patches: hurriedLiveness, agentPatches: hurriedLiveness }))
  agent = await host.startNode(suite, 'a')
  await suite.untilReady(1)
  await makeTinyBase(suite)
}, 180_000)
afterAll(() => ends.disposeAsync(), 60_000)

const launchOn = (node: string, name: string, whenLost?: WhenLost): Promise<Instance> =>
  launch(suite.client(), {
    base: 'tiny',
    name,
    node: node as NodeId,
    publish: [{ guestPort: 80 }],
    ...(whenLost && { whenLost }),
  })

const storedInstance = async (name: string): Promise<Instance | undefined> =>
  (await suite.oracle.instances()).find((instance) => instance.name === name)

/** What libvirt has and the store does not know, and the other way round; VMs of which two processes run. */
async function judgeVms(): Promise<string[]> {
  const wanted = new Set((await suite.oracle.instances()).map(({ status }) => status.domainUuid ?? 'not there yet'))
  const [domains, qemus] = [await host.domains(), await host.qemus()]
  return [
    ...domains.filter((uuid) => !wanted.has(uuid)).map((uuid) => `${uuid} is a zombie`),
    ...[...wanted].filter((uuid) => !domains.includes(uuid)).map((uuid) => `${uuid} is missing`),
    ...[...qemus.keys()]
      .filter((uuid) => !domains.includes(uuid))
      .map((uuid) => `a process runs for ${uuid}, unknown to libvirt`),
  ]
}

const untilRight = (ms: number) => eventually(async () => expect(await judgeVms()).toEqual([]), ms)

/** The processes of these VMs now. */
async function pidsOf(instances: readonly Instance[]): Promise<(number | undefined)[]> {
  const qemus = await host.qemus()
  return instances.map(({ status }) => qemus.get(status.domainUuid!))
}

describe('T2', () => {
  const armFile = () => join(suite.folder, 'armed-a')

  /** Something that passes the point. */
  function ask(kill: string, round: number): Promise<Operation> {
    const key = `t2-${round}`
    const { client } = suite
    const request = (how: { idempotencyKey: string; signal: AbortSignal }) => {
      if (kill.startsWith('agent.delete')) return client().instances.remove({ params: { instance: 'spare' }, ...how })
      if (kill.startsWith('agent.capture')) {
        const source = { kind: 'instance' as const, instance: 'bystander' }
        return client().overlays.create({ body: { name: key, source }, ...how })
      }
      return client().instances.launch({ body: { base: 'tiny', name: 'spare', publish: [] }, ...how })
    }
    return askUntilAccepted(request, { key })
  }

  async function awaitDeath(kill: string): Promise<void> {
    if (kill === 'random') {
      await pause(random() * longestLifeMs)
      return end(agent)
    }
    expect([kill, await Promise.race([agent.ended, pause(40_000)])]).toEqual([kill, { code: null, signal: 'SIGKILL' }])
  }

  /** When the agent said it, by its own log. */
  const saidAt = (message: string, about = ''): number | undefined => {
    const line = agent
      .logs()
      .split('\n')
      .find((it) => it.includes(`"${message}"`) && it.includes(about))
    return line === undefined ? undefined : Date.parse((JSON.parse(line) as { time: string }).time)
  }

  /** Gives how long adoption took from the agent's first word: how long Node needs before that is the machine's business. */
  async function returnAgent({ id }: Instance): Promise<number> {
    await rm(armFile(), { force: true })
    agent = await host.startNode(suite, 'a')
    const adoptedAt = await pollUntil(() => saidAt('instance adopted', id), 'the adoption', restWithinMs)
    return adoptedAt - saidAt('probes are answered')!
  }

  /** A capture that the agent did not live to see is not taken up again. */
  const mayFail = ({ kind, error }: Operation) => kind === 'overlay.create' && error?.code === 'capture_interrupted'

  it(
    `loses and doubles no VM over ${kills.length} deaths of the agent (seed ${seed})`,
    async () => {
      const bystander = await launchOn('a', 'bystander')
      const adoptedMs: number[] = []
      for (const [round, kill] of kills.entries()) {
        const needsSpare = kill.startsWith('agent.delete')
        const hasSpare = (await storedInstance('spare')) !== undefined
        if (needsSpare && !hasSpare) await launchOn('a', 'spare')
        if (!needsSpare && hasSpare) await remove(suite.client(), 'spare')
        await untilRight(restWithinMs)
        const pids = await pidsOf([bystander])
        if (kill !== 'random') await writeFile(armFile(), kill)
        const operation = await ask(kill, round)
        await awaitDeath(kill)
        expect(await pidsOf([bystander])).toEqual(pids)
        adoptedMs.push(await returnAgent(bystander))
        const isOver = async () => (await suite.oracle.operations()).find(({ id }) => id === operation.id)?.endedAt
        await pollUntil(isOver, `the end of ${operation.kind} after ${kill}`, restWithinMs)
        expect(await pidsOf([bystander])).toEqual(pids)
        await untilRight(restWithinMs)
      }
      const isQuiet = async () => judgeEnds(await suite.oracle.operations(), await suite.oracle.events(), { mayFail })
      await eventually(async () => expect(await isQuiet()).toEqual([]), restWithinMs)
      console.log(`T2: ${kills.join(', ')}; adopted within ${Math.max(...adoptedMs).toFixed(0)} ms`)
      expect(Math.max(...adoptedMs)).toBeLessThan(adoptWithinMs)
    },
    kills.length * 60_000,
  )
})

describe('T8', () => {
  let other: AgentProcess
  beforeAll(async () => {
    other = await host.startNode(suite, 'b')
    await suite.untilReady(2)
  }, 60_000)
  afterAll(() => other && end(other))

  /** Loses the node with three instances: one is replaced and one deleted while it is away. */
  async function loseNode(cycle: number) {
    const whenLost = { policy: 'replace' as const, stopAfterSeconds: 85 }
    const [moved, deleted, kept] = [`moved-${cycle}`, `deleted-${cycle}`, `kept-${cycle}`]
    const instances = await Promise.all([launchOn('a', moved, whenLost), launchOn('a', deleted), launchOn('a', kept)])
    const old = instances[0]!.status.domainUuid
    const pids = await pidsOf(instances.slice(2))
    await end(agent)
    await suite.client().instances.remove({ params: { instance: deleted } })
    const isElsewhere = async () => {
      const now = await storedInstance(moved)
      return now?.node === 'b' && now.status.phase === 'running' && now.status.domainUuid !== old
    }
    await pollUntil(isElsewhere, 'the replacement', 60_000)
    return { kept: instances.slice(2), pids }
  }

  it.each(Array.from({ length: cycles }, (_, cycle) => cycle))(
    'a node that returns has nothing that is not wanted there, one heartbeat later (cycle %i)',
    async (cycle) => {
      const { kept, pids } = await loseNode(cycle)
      expect((await judgeVms()).length).toBeGreaterThan(0)
      agent = await host.startNode(suite, 'a')
      await untilRight(heartbeatMs)
      expect(await pidsOf(kept)).toEqual(pids)
    },
    150_000,
  )

  it('objects to an agent that keeps to the document that it had', async () => {
    await loseNode(cycles)
    agent = await host.startNode(suite, 'a', { patches: [...hurriedLiveness, keepsToItsDocument] })
    await pause(heartbeatMs)
    expect(await judgeVms()).toContainEqual(expect.stringMatching(/is a zombie$/))
  }, 150_000)
})

describe('T2', () => {
  it('objects to an agent that begins anew with what it finds', async () => {
    const bystander = (await storedInstance('bystander'))!
    const pids = await pidsOf([bystander])
    await end(agent)
    agent = await host.startNode(suite, 'a', { patches: [...hurriedLiveness, clearsWhatItFinds] })
    await eventually(async () => expect(await pidsOf([bystander])).not.toEqual(pids), heartbeatMs)
  }, 60_000)
})
