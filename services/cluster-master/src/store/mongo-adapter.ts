import { hostname } from 'node:os'
import type { AdapterContext } from '../start-adapters.ts'
import type { StoreAdapter } from '../start-store.ts'
import { holdLease } from './lease.ts'
import { openMongoStore } from './mongo-store.ts'
import { leaseRecord } from './mongo/lease-record.ts'
import { connectMongo } from './mongo/mongo-server.ts'

export function createMongoAdapter(uri: string, { loggerOf, clock, onLeaseLost }: AdapterContext): StoreAdapter {
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
