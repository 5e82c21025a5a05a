import type { Clock } from '@bramble/kit'
import { systemClock } from '@bramble/kit'
import { startMongo } from '@bramble/testkit'
import { MongoClient } from 'mongodb'
import { openMongoStore } from './mongo-store.ts'
import type { MongoStoreOptions } from './mongo-store.ts'
import { connectMongo } from './mongo/mongo-server.ts'
import type { Store } from './store.ts'

// For tests: a real server, and stores on databases of their own.

export async function startMongoBed() {
  const server = await startMongo()
  let databases = 0
  return {
    server,
    uriOfNewDatabase: () => uriOf(server.uri, `bramble-${(databases += 1)}`),
    stop: () => server.stop(),
  }
}

export type MongoBed = Awaited<ReturnType<typeof startMongoBed>>

function uriOf(server: string, database: string): string {
  const uri = new URL(server)
  uri.pathname = `/${database}`
  uri.searchParams.set('authSource', 'admin')
  return uri.href
}

/** With a connection that ends with it. */
export async function openStoreAt(
  uri: string,
  { clock = systemClock, ...options }: Partial<Omit<MongoStoreOptions, 'server'>> & { clock?: Clock } = {},
): Promise<Store> {
  const connection = connectMongo({ uri })
  try {
    const store = await openMongoStore({ server: connection, clock, ...options })
    const close = async () => {
      await store.close()
      await connection.close()
    }
    return { ...store, close }
  } catch (error) {
    await connection.close()
    throw error
  }
}

export async function dropDatabase(uri: string): Promise<void> {
  await using client = new MongoClient(uri)
  await client.db().dropDatabase()
}
