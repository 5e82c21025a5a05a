// What the settings name, as adapters: MongoDB or SQLite, RabbitMQ and its management, the cloudlet's own CA.
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
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
import { holdLease } from './store/lease.ts'
import { openMongoStore } from './store/mongo-store.ts'
import { leaseRecord } from './store/mongo/lease-record.ts'
import { connectMongo } from './store/mongo/mongo-server.ts'
import { openSqliteStore } from './store/sqlite-store.ts'

export interface AdapterContext {
  loggerOf: (component: string) => Logger
  clock: Clock
  /** Called once, when another master has the lease. */
  onLeaseLost: (holder: string) => void
}

export function connectAdapters(settings: MasterSettings, context: AdapterContext): SuiteAdapters {
  const { loggerOf, clock } = context
  const { url, isCluster, management } = brokerOf(settings.bus)
  return {
    store: settings.store.kind === 'mongodb' ? mongoAdapter(settings, context) : sqliteAdapter(settings, clock),
    connectBus: () =>
      connectRabbitMq({
        url,
        trust: brokerTrust(settings),
        logger: loggerOf('bus'),
        name: 'cluster-master',
        declares: true,
      }),
    access: createBrokerAdmin(management),
    ...(isCluster && { keepQueues: rehomeQueues(management, loggerOf('bus')) }),
    openIdentity: () => openIdentity(placesOf(settings).identity, clock),
  }
}

function brokerTrust({ bus: { caFile } }: MasterSettings): BrokerTrust {
  return caFile === undefined ? {} : { ca: readFileSync(caFile, 'utf8'), serverName: brokerServerName }
}

function mongoAdapter(
  { store: { uri } }: MasterSettings,
  { loggerOf, clock, onLeaseLost }: AdapterContext,
): StoreAdapter {
  const server = connectMongo({ uri })
  const holder = `${hostname()}, process ${process.pid}`
  const terms = { holder, clock, logger: loggerOf('lease'), onLost: onLeaseLost }
  return {
    check: async () => void (await server.ask(() => server.database.command({ ping: 1 }))),
    holdLease: (waiting) => holdLease(leaseRecord(server), { ...terms, ...waiting }),
    open: ({ isHeld }) => openMongoStore({ server, clock, mayWrite: isHeld }),
    close: server.close,
  }
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
