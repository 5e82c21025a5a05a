// A cloudlet under test: the embedded process on a state folder that outlives it, so that it can be killed and started
// again as often as a test likes, and the product's own client as its first admin.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createClient } from '@bramble/client'
import type { Client } from '@bramble/client'
import { startProcess } from './cloudlet-process.ts'
import type { CloudletProcess, Ended } from './cloudlet-process.ts'
import { pollUntil } from './poll-until.ts'
import { makeTempFolder } from './temp-folder.ts'

export interface CloudletOptions {
  driver: 'simulated' | 'libvirt' | 'none'
  /** Default: a new temporary folder, which `stop` removes. */
  stateDir?: string
  libvirtSocket?: string
  /** Settings as BRAMBLE__SECTION__KEY, and whatever else the process is to see. */
  env?: Record<string, string>
  /** Name of the network namespace (as of `ip netns`) to run in; the API must then be told an address of it. */
  netns?: string
}

export interface Cloudlet extends AsyncDisposable {
  /** The same over restarts, once it was served at first. */
  readonly url: string
  readonly token: string
  readonly client: Client
  readonly pid: number
  readonly stateDir: string
  /** Host ports that its node gives out: no other cloudlet's node of this host, most likely. */
  readonly ports: { from: number; to: number; includes: (port: number) => boolean }
  /** Kills the process alone: its VMs run on. */
  kill9(): Promise<void>
  /** Ends it as a user would (SIGTERM), and its state folder with it if that is temporary. */
  stop(): Promise<void>
  /** Starts the process again, after it ended or by ending it. Resolves when a node is ready. */
  restart(env?: Record<string, string>): Promise<void>
  /** Resolves when the process ended by itself, or was killed. */
  ended(): Promise<Ended>
  logs(): string
}

/** Resolves when the cloudlet is ready, with its node. */
export async function startCloudlet(options: CloudletOptions): Promise<Cloudlet> {
  const own = options.stateDir === undefined ? await makeTempFolder() : undefined
  const stateDir = options.stateDir ?? own!.path
  const ports = choosePorts()
  const state = { env: { ...settingsOf(options, ports), ...options.env }, port: 0, url: '', token: '' }
  const logs: string[] = []
  let running: CloudletProcess

  const start = async () => {
    const { driver, netns } = options
    running = startProcess({ stateDir, driver, netns, env: state.env, port: state.port })
    try {
      state.url = await running.url
      state.port = Number(new URL(state.url).port)
      state.token ||= await readToken(stateDir)
      await pollUntil(() => isReady(client(), driver), 'the cloudlet to be ready', 30_000)
    } catch (cause) {
      await end('SIGKILL')
      throw new Error(`the cloudlet did not start; its log:\n${logs.join('\n')}`, { cause })
    }
  }
  const end = async (signal: NodeJS.Signals) => {
    if (!running.hasEnded()) process.kill(running.pid, signal)
    await running.ended
    const log = running.logs()
    if (logs.at(-1) !== log) logs.push(log)
  }
  const client = () => createClient({ url: state.url, token: state.token })
  const stop = async () => {
    await end('SIGTERM')
    await own?.remove()
  }

  await start().catch(async (error: unknown) => {
    await own?.remove()
    throw error
  })
  return {
    stateDir,
    ports,
    get url() {
      return state.url
    },
    get token() {
      return state.token
    },
    get client() {
      return client()
    },
    get pid() {
      return running.pid
    },
    kill9: () => end('SIGKILL'),
    stop,
    restart: async (env = {}) => {
      await end('SIGTERM')
      Object.assign(state.env, env)
      await start()
    },
    ended: () => running.ended,
    logs: () => [...logs, running.logs()].join('\n'),
    [Symbol.asyncDispose]: stop,
  }
}

/** Each cloudlet its own range of forwarded ports: several on one host would take each other's. */
function choosePorts() {
  const from = 20_000 + 200 * Math.floor(Math.random() * 50)
  const to = from + 199
  return { from, to, includes: (port: number) => port >= from && port <= to }
}

const settingsOf = ({ libvirtSocket }: CloudletOptions, { from, to }: Cloudlet['ports']): Record<string, string> => ({
  BRAMBLE__LOG__LEVEL: 'debug',
  BRAMBLE__NODE__PORTS__FROM: `${from}`,
  BRAMBLE__NODE__PORTS__TO: `${to}`,
  ...(libvirtSocket && { BRAMBLE__NODE__LIBVIRT_SOCKET: libvirtSocket }),
})

const readToken = async (stateDir: string): Promise<string> =>
  pollUntil(
    async () => (await readFile(join(stateDir, 'first-admin-token'), 'utf8').catch(() => '')).trim() || undefined,
    'the first admin token',
  )

/** Ready, and all its nodes have told what they are. */
async function isReady(client: Client, driver: CloudletOptions['driver']): Promise<boolean> {
  const answer = await fetch(`${client.url}/readyz`).catch(() => undefined)
  if (!answer?.ok) return false
  if (driver === 'none') return true
  const { items } = await client.nodes.list({ query: { limit: 1000 } })
  return items.length > 0 && items.every((node) => node.liveness === 'ready' && node.host !== undefined)
}
