// The discovery service as users run it beside a master.
import { join } from 'node:path'
import { startService } from './service-process.ts'
import type { ServiceProcess } from './service-process.ts'

const main = join(import.meta.dirname, '../../../services/discovery/src/main.ts')

export interface DiscoveryOptions {
  accessFile: string
  interfaces: readonly string[]
  name: string
  env?: Record<string, string>
}

export interface DiscoveryProcess extends ServiceProcess {
  probesUrl: Promise<string>
}

/** For the site `local`, with probes on a free port. */
export function startDiscoveryProcess({ accessFile, interfaces, name, env }: DiscoveryOptions): DiscoveryProcess {
  const settings = { BRAMBLE__INTERFACES: JSON.stringify(interfaces), BRAMBLE__PROBES__PORT: '0' }
  const service = startService({ main, args: ['--name', name, '--access', accessFile], env: { ...settings, ...env } })
  const probesUrl = service.said('probes are answered').then((line) => line.url!)
  probesUrl.catch(() => {})
  return { ...service, probesUrl }
}
