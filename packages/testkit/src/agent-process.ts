// The node agent as users run it on a worker host.
import { join } from 'node:path'
import { startService } from './service-process.ts'
import type { ServiceProcess } from './service-process.ts'

const main = join(import.meta.dirname, '../../../services/node-agent/src/main.ts')

export interface AgentOptions {
  stateDir: string
  /** Absent: it is told by `env` how to find it. */
  masterUrl?: string
  /** Not needed once it has joined. */
  token?: string
  /** Name that it would like. */
  node?: string
  driver?: 'simulated' | 'libvirt' | 'none'
  /** Settings as BRAMBLE__SECTION__KEY, and whatever else the process is to see. */
  env?: Record<string, string>
  nodeArgs?: string[]
  netns?: string | undefined
}

export interface AgentProcess extends ServiceProcess {
  /** Of its probes; they answer at once. */
  probesUrl: Promise<string>
  /** Resolves when all its nodes work. */
  works: Promise<unknown>
}

/** On free ports, with a simulated node unless told otherwise. */
export function startAgentProcess(options: AgentOptions): AgentProcess {
  const { stateDir, masterUrl, token, node, driver = 'simulated', env, ...more } = options
  const settings = {
    BRAMBLE__LISTENER__HOST: '127.0.0.1',
    BRAMBLE__LISTENER__PORT: '0',
    BRAMBLE__PROBES__PORT: '0',
    ...(token !== undefined && { BRAMBLE__JOIN__TOKEN: token }),
  }
  const master = masterUrl === undefined ? [] : ['--master', masterUrl]
  const args = ['--state', stateDir, ...master, '--driver', driver, ...(node ? ['--node', node] : [])]
  const service = startService({ main, args, env: { ...settings, ...env }, ...more })
  const probesUrl = service.said('probes are answered').then((line) => line.url!)
  probesUrl.catch(() => {})
  return { ...service, probesUrl, works: service.said('working') }
}
