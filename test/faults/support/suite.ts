// A cloudlet of several processes on the real broker and the real database: a master that can be killed and started again
// on the same port, and agents that joined it. Each has a database and a virtual host of its own.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Client } from '@bramble/client'
import { eventually } from '@bramble/kit'
import { makeTempFolder, startAgentProcess, startMasterProcess } from '@bramble/testkit'
import type { AgentOptions, AgentProcess, MasterProcess, ServerPlace } from '@bramble/testkit'
import { makeVirtualHost } from '../../../packages/kit/src/bus/rabbitmq/broker.fixture.ts'
import { openOracle } from './oracle.ts'
import type { Oracle } from './oracle.ts'
import { patched } from './patched.ts'
import type { Patch } from './patch.ts'
import type { Servers } from './servers.ts'

export interface SuiteOptions {
  /** Of the master's sources, and of the agents'. */
  patches?: Patch[]
  agentPatches?: Patch[]
  /** Of the master, where that is not this host and loopback. */
  place?: ServerPlace
  /** What the master is to see. */
  env?: Record<string, string>
  /** Done before it is handed out. */
  prepare?: (suite: Suite) => Promise<unknown>
}

export interface Suite extends AsyncDisposable {
  /** Reads the store and the broker past the master. */
  oracle: Oracle
  /** The virtual host, with the administrator's credentials. */
  brokerUrl: string
  virtualHost: string
  folder: string
  client(): Client
  master(): MasterProcess
  /** Resolves when it serves; with other patches than before, where they are given. */
  startMaster(patches?: Patch[]): Promise<void>
  /** Another master on the same store, broker and files. Nothing is waited for. */
  addMaster(options?: AddMaster): MasterProcess
  /** As a user would: the next one need not wait for its lease. */
  stopMaster(): Promise<void>
  killMaster(): Promise<void>
  /** Names the crash point at which the master dies next (packages/kit/src/crash-point.ts); none when empty. */
  armMaster(point: string): Promise<void>
  /** On what an agent left in the folder, if one did; resolves when it works. */
  startAgent(options: StartAgent): Promise<AgentProcess>
  /** Simulated nodes sim-001, sim-002, ..., in one process; resolves when they are ready. */
  startFleet(nodes: number, env?: Record<string, string>): Promise<AgentProcess>
  untilReady(nodes: number): Promise<void>
}

export interface StartAgent extends Pick<AgentOptions, 'node' | 'driver' | 'env' | 'netns'> {
  folder: string
  /** In place of the suite's. */
  patches?: Patch[]
  /** Where it finds its masters, if not only the suite's. */
  masterUrl?: string
}

export interface AddMaster {
  /** A free one when absent. */
  port?: number
  patches?: Patch[]
}

/** Networks of namespaces are the test's alone. */
const plain = {
  master: { BRAMBLE__HTTP__ALLOW_PLAIN: 'true', BRAMBLE__BUS__ALLOW_PLAIN: 'true' },
  agent: { BRAMBLE__MASTER__ALLOW_PLAIN: 'true' },
}

let suites = 0

export async function openSuite(servers: Servers, options: SuiteOptions = {}): Promise<Suite> {
  const undo = new AsyncDisposableStack()
  try {
    const suite = await startSuite(servers, options, undo)
    await options.prepare?.(suite)
    return suite
  } catch (error) {
    await undo.disposeAsync()
    throw error
  }
}

async function startSuite(servers: Servers, options: SuiteOptions, undo: AsyncDisposableStack): Promise<Suite> {
  const { patches = [], agentPatches = [], place: { netns, address = '127.0.0.1' } = {} } = options
  const { path: folder } = undo.use(await makeTempFolder())
  const host = undo.adopt(await makeVirtualHost(servers.broker), (it) => it.remove().catch(() => {}))
  const database = `suite${++suites}`
  const uri = `${servers.mongo.uri}${database}?authSource=admin`
  const ways = waysIn(servers, host.name)
  const oracle = undo.use(openOracle({ uri, brokerUrl: ways.url }))
  const armFile = join(folder, 'armed')
  let port = 0
  let master: MasterProcess
  let client: Client

  const addMaster = ({ port = 0, patches: given = patches }: AddMaster = {}) => {
    const { nodeArgs, env } = patched(...given)
    const settings = { BRAMBLE__HTTP__HOST: address, ...plain.master, BRAMBLE_CRASH_FILE: armFile, ...options.env }
    const publicUrl = { BRAMBLE__BUS__PUBLIC_URL: ways.publicUrl }
    const more = { nodeArgs, env: { ...env, ...publicUrl, ...settings }, ...(netns !== undefined && { netns }) }
    const started = startMasterProcess({ dataDir: join(folder, 'master'), store: { uri }, broker: ways, port, ...more })
    undo.defer(() => end(started))
    return started
  }
  const startMaster = async (given = patches) => {
    master = addMaster({ port, patches: given })
    port = Number(new URL(await master.url).port)
    await master.serves
    client = await master.client()
  }
  const startAgent: Suite['startAgent'] = async ({ folder: name, env, patches = agentPatches, ...options }) => {
    const stateDir = join(folder, name)
    const joined = await readFile(join(stateDir, 'joined'), 'utf8').catch(() => undefined)
    const token = joined ?? (await client.invitations.create({ body: { cluster: 'shelf', uses: 100 } })).token
    const { nodeArgs, env: patchEnv } = patched(...patches)
    const more = { nodeArgs, env: { ...plain.agent, ...patchEnv, ...env } }
    const agent = startAgentProcess({ stateDir, masterUrl: await master.url, token, ...options, ...more })
    undo.defer(() => end(agent))
    await agent.works
    await writeFile(join(stateDir, 'joined'), token)
    return agent
  }
  const untilReady = async (nodes: number) => {
    const count = async () =>
      (await client.nodes.list({ query: { limit: 1000, filter: 'liveness=ready' } })).items.length
    await eventually(async () => expect(await count()).toBeGreaterThanOrEqual(nodes), 30_000)
  }

  await startMaster()
  return {
    ...{ oracle, folder, brokerUrl: ways.url, virtualHost: host.name },
    ...{ startMaster, addMaster, startAgent, untilReady },
    client: () => client,
    master: () => master,
    stopMaster: async () => {
      master.kill('SIGTERM')
      await master.ended
    },
    killMaster: () => end(master),
    armMaster: (point) => writeFile(armFile, point),
    startFleet: async (nodes, env) => {
      const fleet = { BRAMBLE__SIMULATED__NODES: `${nodes}`, ...env }
      const agent = await startAgent({ folder: 'fleet', driver: 'none', env: fleet })
      await untilReady(nodes)
      return agent
    },
    [Symbol.asyncDispose]: () => undo.disposeAsync(),
  }
}

/** Of a cluster master, agents and management begin with another broker each, so that each death hits something else. */
function waysIn({ broker, brokers = [broker] }: Servers, virtualHost: string) {
  const from = (first: number) => brokers.map((_, at) => brokers[(first + at) % brokers.length]!)
  const publicUrl = from(1).map(({ url }) =>
    Object.assign(new URL(`${url}/${virtualHost}`), { username: '', password: '' }),
  )
  return {
    url: brokers.map(({ url }) => `${url}/${virtualHost}`).join(','),
    publicUrl: publicUrl.join(','),
    managementUrl: from(2)
      .map(({ managementUrl }) => managementUrl)
      .join(','),
  }
}

export async function end(process: MasterProcess | AgentProcess): Promise<void> {
  if (!process.hasEnded()) process.kill('SIGKILL')
  await process.ended
}
