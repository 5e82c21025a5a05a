// The parts of the embedded cloudlet in this process, so that its agent can be ended and started while the master runs.
import { join } from 'node:path'
import { createClient } from '@bramble/client'
import { MasterConfig, openBlobStore, openSqliteStore, startMaster } from '@bramble/cluster-master'
import { createInProcessBus, createLogger, silentLogger, systemClock } from '@bramble/kit'
import { EmbeddedSettings } from '../../../services/embedded/src/settings.ts'
import { createAgentKeys, startOwnNode } from '../../../services/embedded/src/start-node.ts'
import type { Host } from './host-oracle.ts'

/** The master on the state of the lab's cloudlet, whose process must have ended. */
export async function startParts({ cloudlet, daemon }: Host) {
  const dataDir = join(cloudlet.stateDir, 'master')
  const ports = { from: 28_000, to: 28_199 }
  const node = { driver: 'libvirt', libvirtSocket: daemon.socketPath, ports }
  const settings = EmbeddedSettings.parse({ stateDir: cloudlet.stateDir, http: { port: 0 }, node })
  const config = MasterConfig.parse({ http: settings.http, dataDir, events: settings.events })
  const logger = silentLogger()
  const store = openSqliteStore({ path: join(dataDir, 'bramble.sqlite'), clock: systemClock })
  const blobs = await openBlobStore({ folder: join(dataDir, 'blobs'), clock: systemClock, ...config.limits })
  const bus = createInProcessBus({ logger })
  const keys = createAgentKeys()
  const master = await startMaster({ config, store, blobs, bus, logger, agentTrust: { kind: 'key', keyOf: keys.of } })
  let adoptions = 0
  const noting = createLogger({ component: 'node-agent', to: { write: count } })
  function count(line: string) {
    if (line.includes('instance adopted')) adoptions += 1
  }
  return {
    client: createClient({ url: master.url, token: cloudlet.token }),
    startAgent: () => startOwnNode({ settings, master, bus, logger: noting, keys }),
    adoptions: () => adoptions,
    [Symbol.asyncDispose]: async () => {
      await master.stop()
      await bus.close()
      await store.close()
    },
  }
}
