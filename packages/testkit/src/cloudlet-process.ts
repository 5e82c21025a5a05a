// The embedded cloudlet as users run it, which says in its log where it serves.
import { join } from 'node:path'
import { startService } from './service-process.ts'
import type { ServiceProcess } from './service-process.ts'

export type { Ended } from './service-process.ts'

const main = join(import.meta.dirname, '../../../services/embedded/src/main.ts')

export interface ProcessOptions {
  stateDir: string
  driver: 'simulated' | 'libvirt' | 'none'
  port: number
  env: Record<string, string>
  /** Name of a network namespace (as of `ip netns`) to run in. Default: the caller's. */
  netns?: string | undefined
}

export interface CloudletProcess extends Omit<ServiceProcess, 'said'> {
  /** Where it serves; rejects when it ended before it did. */
  url: Promise<string>
}

export function startProcess({ stateDir, driver, port, env, netns }: ProcessOptions): CloudletProcess {
  const args = ['--state', stateDir, '--port', `${port}`, '--driver', driver]
  const service = startService({ main, args, env, netns })
  const url = service.said('serving').then((line) => line.url!)
  url.catch(() => {})
  return { ...service, url }
}
