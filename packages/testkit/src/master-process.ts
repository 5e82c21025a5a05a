// The master as users run it, on a store and a broker that the test has.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createClient } from '@bramble/client'
import type { Client } from '@bramble/client'
import { startService } from './service-process.ts'
import type { ServiceProcess } from './service-process.ts'

/** As its image starts it (docker/Dockerfile). */
const ownNodeArgs = ['--heap-growing-percent=40', '--expose-gc']
const main = join(import.meta.dirname, '../../../services/cluster-master/src/main.ts')

export interface MasterOptions {
  /** Files of the master; the token of the first admin is left in it. */
  dataDir: string
  store: { uri: string }
  broker: { url: string; managementUrl: string }
  /** A free one when absent. */
  port?: number
  /** Settings as BRAMBLE__SECTION__KEY, and whatever else the process is to see. */
  env?: Record<string, string>
  nodeArgs?: string[]
  netns?: string
}

export interface MasterProcess extends ServiceProcess {
  /** Where it listens, long before it serves. */
  url: Promise<string>
  /** Resolves when it serves. */
  serves: Promise<unknown>
  /** Of the first admin, who trusts the cloudlet's own CA; once it has served. */
  client(): Promise<Client>
}

export function startMasterProcess(options: MasterOptions): MasterProcess {
  const { dataDir, store, broker, port = 0, env, nodeArgs = [], ...more } = options
  const settings = {
    BRAMBLE__STORE__URI: store.uri,
    BRAMBLE__BUS__URL: broker.url,
    BRAMBLE__BUS__MANAGEMENT__URL: broker.managementUrl,
  }
  const args = ['--data', dataDir, '--port', `${port}`]
  const service = startService({
    ...{ main, args, env: { ...settings, ...env }, ...more },
    nodeArgs: [...ownNodeArgs, ...nodeArgs],
  })
  const url = service.said('listening').then((line) => line.url!)
  url.catch(() => {})
  const client = async () => {
    const read = (path: string) => readFile(join(dataDir, path), 'utf8')
    const at = await url
    const ca = at.startsWith('https:') ? await read('identity/ca.crt') : undefined
    return createClient({ url: at, token: (await read('first-admin-token')).trim(), ca })
  }
  return { ...service, url, serves: service.said('serving'), client }
}
