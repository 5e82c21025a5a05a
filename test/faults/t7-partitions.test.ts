// T7. Three nodes, each with an address of its own, run 30 instances; packets between them and the master are dropped both
// ways, one way, reset, lost at random, or come and go. No instance that may be replaced is ever there twice; when all nodes
// are silent at once, or the master was restarted, none is lost; soon after all is well everything runs, once.
// What runs is what the agents' processes write down themselves. Broken builds: a master that replaces what is on a silent
// node at once; one that counts nodes lost also when all are silent.
import { setTimeout as pause } from 'node:timers/promises'
import type { Node, NodeId, WhenLost } from '@bramble/contracts'
import { eventually } from '@bramble/kit'
import { isFull } from '../shared/full-counts.ts'
import { succeeded } from '../shared/operations.ts'
import { makeSimulatedService, simulatedService as service } from '../shared/simulated-service.ts'
import { freezesNothing } from './broken/freezes-nothing.ts'
import { replacesSuspects } from './broken/replaces-suspects.ts'
import { makeHosts } from './support/hosts.ts'
import type { Cut, Hosts } from './support/hosts.ts'
import { judgeEnds } from './support/judge.ts'
import { hurriedPartitions, hurriedStopAfterSeconds, shortLease } from './support/patched.ts'
import type { Patch } from './support/patch.ts'
import { seed, seededRandom } from './support/seeded-random.ts'
import { startServers } from './support/servers.ts'
import type { Servers } from './support/servers.ts'
import { openSuite } from './support/suite.ts'
import type { Suite } from './support/suite.ts'
import { alive, judgeCopies, openWitness, witnessed } from './support/witness.ts'
import type { Witness } from './support/witness.ts'

const nodes = ['a', 'b', 'c']
const instancesPerNode = 10
/** Of ten; the others wait for their node. */
const replacedPerNode = 7
/** Two heartbeats of 10 s: what the broker's connections take to come back is not shortened. */
const convergesWithinMs = 20_000
const lostWithinMs = 40_000
/** Longer than an instance that may be replaced runs without the master. */
const frozenMs = 25_000
const briefMs = 8000

type Fault = Cut | 'flaps'
const random = seededRandom(seed)
const brief: Fault[] = ['up', 'down', 'reset', 'loss', 'flaps']
const faults: Fault[] = isFull
  ? Array.from({ length: 30 }, (_, at) => [...brief, 'drop' as const][at % 6]!)
  : [brief[Math.floor(random() * brief.length)]!]

let hosts: Hosts
let servers: Servers
const ends = new AsyncDisposableStack()
beforeAll(async () => {
  hosts = ends.use(await makeHosts(nodes))
  servers = ends.use(await startServers(hosts.place))
}, 100_000)
afterAll(() => ends.disposeAsync(), 60_000)

interface Spread extends AsyncDisposable {
  suite: Suite
  witness: Witness
}

const patches = [shortLease, ...hurriedPartitions]

async function openSpread(more: Patch[] = []): Promise<Spread> {
  const suite = await openSuite(servers, { place: hosts.place, patches: [...patches, ...more] })
  try {
    const witness = openWitness(suite.folder, nodes)
    for (const node of nodes) {
      const patches = [...hurriedPartitions, witnessed]
      await suite.startAgent({ folder: node, node, netns: hosts.netnsOf(node), patches, env: witness.env(node) })
    }
    await suite.untilReady(nodes.length)
    await makeSimulatedService(suite.client())
    await Promise.all(
      nodes.flatMap((node) => Array.from({ length: instancesPerNode }, (_, at) => start(suite, node, at))),
    )
    return { suite, witness, [Symbol.asyncDispose]: () => suite[Symbol.asyncDispose]() }
  } catch (error) {
    await suite[Symbol.asyncDispose]()
    throw error
  }
}

function start({ client }: Suite, node: string, at: number) {
  const whenLost: WhenLost =
    at < replacedPerNode ? { policy: 'replace', stopAfterSeconds: hurriedStopAfterSeconds } : { policy: 'keep' }
  const body = { service, name: `${whenLost.policy}-${node}-${at}`, node: node as NodeId, whenLost }
  return succeeded(client(), client().instances.launch({ body }))
}

const livenesses = async ({ suite }: Spread) =>
  new Map((await suite.oracle.documents<Node>('nodes')).map(({ id, liveness }) => [id as string, liveness]))

const eventsOf = async ({ suite }: Spread, type: string) =>
  (await suite.oracle.events()).filter((event) => event.type === type)

/** What is wrong once nobody is cut off any more. */
async function judgeRest(spread: Spread): Promise<string[]> {
  const { suite, witness } = spread
  const [operations, events] = [await suite.oracle.operations(), await suite.oracle.events()]
  const present = alive(await witness.lives()).map(({ name, node }) => `${name} on ${node}`)
  const wanted = (await suite.oracle.instances()).map(({ name, node }) => `${name} on ${node}`)
  const phases = (await suite.oracle.instances()).filter(({ status }) => status.phase !== 'running')
  return [
    ...[...(await livenesses(spread))].flatMap(([node, it]) => (it === 'ready' ? [] : [`${node} is ${it}`])),
    ...wanted.filter((it) => !present.includes(it)).map((it) => `${it} is missing`),
    ...present.filter((it) => !wanted.includes(it)).map((it) => `${it} is left over`),
    ...phases.map(({ name, status }) => `${name} is ${status.phase}`),
    ...judgeEnds(operations, events),
  ]
}

async function healAll(): Promise<void> {
  for (const node of nodes) await hosts.heal(node)
}

/** How long it took until all was as it should be. */
async function msUntilRest(spread: Spread): Promise<number> {
  await healAll()
  const startedMs = performance.now()
  await eventually(async () => {
    const wrong = await judgeRest(spread)
    if (wrong.length > 0) await pause(200)
    expect(wrong).toEqual([])
  }, convergesWithinMs)
  return performance.now() - startedMs
}

async function suffer(node: string, fault: Fault): Promise<void> {
  if (fault !== 'flaps') {
    await hosts.cut(node, fault)
    return pause(briefMs)
  }
  for (const endMs = performance.now() + briefMs; performance.now() < endMs;) {
    await hosts.cut(node, random() < 0.5 ? 'drop' : 'reset')
    await pause(200 + random() * 1500)
    await hosts.heal(node)
    await pause(200 + random() * 1500)
  }
}

/** Resolves when everything that may be replaced runs elsewhere. */
async function loseNode(spread: Spread, node: string): Promise<void> {
  await hosts.cut(node, 'drop')
  await eventually(async () => {
    await pause(200)
    const left = (await spread.suite.oracle.instances()).filter(
      (instance) => instance.node === node && instance.whenLost?.policy === 'replace',
    )
    expect(left.map(({ name }) => name)).toEqual([])
  }, lostWithinMs)
}

/** What becomes of nodes when all of them are silent for longer than one may be. */
async function cutAll(spread: Spread): Promise<string[]> {
  const replaced = (await eventsOf(spread, 'instance.replaced')).length
  for (const node of nodes) await hosts.cut(node, 'drop')
  await pause(frozenMs)
  const wrong = [...(await livenesses(spread))].map(([node, it]) => `${node} is ${it}`)
  const moved = (await eventsOf(spread, 'instance.replaced')).length - replaced
  return [...wrong.filter((it) => it.endsWith('is lost')), ...(moved > 0 ? [`${moved} were replaced`] : [])]
}

it(
  `never runs an instance twice, and all of them afterwards, over ${faults.length + 3} faults (seed ${seed})`,
  async () => {
    await using spread = await openSpread()
    const { suite, witness } = spread
    const tookMs: number[] = []
    try {
      await loseNode(spread, nodes[Math.floor(random() * nodes.length)]!)
      tookMs.push(await msUntilRest(spread))
      for (const fault of faults) {
        await suffer(nodes[Math.floor(random() * nodes.length)]!, fault)
        tookMs.push(await msUntilRest(spread))
      }
      expect(await cutAll(spread)).toEqual([])
      tookMs.push(await msUntilRest(spread))
    } finally {
      await healAll()
    }
    const [lives, moved] = [await witness.lives(), await eventsOf(spread, 'instance.replaced')]
    await suite.stopMaster()
    await suite.startMaster()
    await pause(briefMs)
    await msUntilRest(spread)
    // Nobody is lost, and nothing ends, because the master was restarted.
    expect((await witness.lives()).length).toBe(lives.length)
    expect(alive(await witness.lives()).length).toBe(alive(lives).length)
    expect(judgeCopies(await witness.lives())).toEqual([])
    const seconds = tookMs.map((ms) => (ms / 1000).toFixed(1)).join(', ')
    console.log(`T7: drop, ${faults.join(', ')}, all; at rest after ${seconds} s; ${moved.length} replaced`)
    expect(moved.length).toBeGreaterThanOrEqual(replacedPerNode)
  },
  isFull ? 3_000_000 : 240_000,
)

it('objects to a master that replaces what is on a silent node at once', async () => {
  await using spread = await openSpread(replacesSuspects)
  try {
    await loseNode(spread, 'a')
  } finally {
    await healAll()
  }
  expect(judgeCopies(await spread.witness.lives())).toContainEqual(
    expect.stringMatching(/^replace-a-\d ran on a and on [bc] at the same time$/),
  )
}, 120_000)

it('objects to a master that counts nodes lost also when all are silent', async () => {
  await using spread = await openSpread([freezesNothing])
  try {
    expect(await cutAll(spread)).toContain('a is lost')
  } finally {
    await healAll()
  }
}, 120_000)
