// What the settings name, as adapters: MongoDB or SQLite, RabbitMQ and its management, the cloudlet's own CA.
import { readFileSync } from 'node:fs'
import { brokerServerName } from '@bramble/contracts'
import { connectRabbitMq } from '@bramble/kit'
import type { BrokerTrust, Clock, Logger } from '@bramble/kit'
import { createBrokerAdmin } from './broker/broker-admin.ts'
import { rehomeQueues } from './broker/rehome-queues.ts'
import { brokerOf } from './bus-settings.ts'
import { openIdentity } from './identity/open-identity.ts'
import { placesOf } from './settings.ts'
import type { MasterSettings } from './settings.ts'
import type { StoreAdapter } from './start-store.ts'
import type { SuiteAdapters } from './start-suite.ts'
import { openSqliteStore } from './store/sqlite-store.ts'

export interface AdapterContext {
  loggerOf: (component: string) => Logger
  clock: Clock
  /** Called once, when another master has the lease. */
  onLeaseLost: (holder: string) => void
}

/** @throws when the settings name what cannot be */
export async function connectAdapters(settings: MasterSettings, context: AdapterContext): Promise<SuiteAdapters> {
  const { loggerOf, clock } = context
  const { url, isCluster, management } = brokerOf(settings.bus)
  return {
    store: settings.store.kind === 'mongodb' ? await mongoAdapter(settings, context) : sqliteAdapter(settings, clock),
    connectBus: () =>
      connectRabbitMq({
        url,
        trust: brokerTrust(settings),
        logger: loggerOf('bus'),
        name: 'cluster-master',
        declares: true,
      }),
    access: createBrokerAdmin(management),
    ...(isCluster && { keepQueues: (lease) => rehomeQueues(management, { logger: loggerOf('bus'), lease }) }),
    openIdentity: () => openIdentity(placesOf(settings).identity, clock),
  }
}

function brokerTrust({ bus: { caFile } }: MasterSettings): BrokerTrust {
  return caFile === undefined ? {} : { ca: readFileSync(caFile, 'utf8'), serverName: brokerServerName }
}

/** Its driver takes 20 MiB and more, which a master on SQLite has a better use for. */
async function mongoAdapter({ store: { uri } }: MasterSettings, context: AdapterContext): Promise<StoreAdapter> {
  const { createMongoAdapter } = await import('./store/mongo-adapter.ts')
  return createMongoAdapter(uri, context)
}

/** The file is this process's alone while it is open: that is its lease. */
function sqliteAdapter(settings: MasterSettings, clock: Clock): StoreAdapter {
  return {
    check: async () => {},
    holdLease: async () => ({ isHeld: () => true, release: async () => {} }),
    open: async () => openSqliteStore({ path: placesOf(settings).sqlite, clock }),
    close: async () => {},
  }
}
