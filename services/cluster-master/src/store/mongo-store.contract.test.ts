import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { startMongo } from '@bramble/testkit'
import type { MongoServer } from '@bramble/testkit'
import type { Clock } from '@bramble/kit'
import { openMongoStore } from './mongo-store.ts'
import { connectMongo } from './mongo/mongo-server.ts'
import { storeContract } from './store.contract.ts'
import type { Store } from './store.ts'

const writerScript = join(import.meta.dirname, 'mongo-writer.fixture.ts')

let server: MongoServer
beforeAll(async () => void (server = await startMongo()), 120_000)
afterAll(() => server.stop())

let databases = 0
/** A database of its own on the server. */
function uriOfNewDatabase(): string {
  const uri = new URL(server.uri)
  uri.pathname = `/contract-${(databases += 1)}`
  uri.searchParams.set('authSource', 'admin')
  return uri.href
}

/** With a connection that ends with it. */
async function openStore(uri: string, clock: Clock): Promise<Store> {
  const connection = connectMongo({ uri })
  const store = await openMongoStore({ server: connection, clock })
  const close = async () => {
    await store.close()
    await connection.close()
  }
  return { ...store, close }
}

async function dropDatabase(uri: string): Promise<void> {
  await using client = new MongoClient(uri)
  await client.db().dropDatabase()
}

storeContract('on a server that speaks MongoDB', async () => {
  const uri = uriOfNewDatabase()
  return {
    open: (clock) => openStore(uri, clock),
    spawnWriter: () => spawn(process.execPath, [writerScript, uri], { stdio: ['ignore', 'pipe', 'inherit'] }),
    dispose: () => dropDatabase(uri),
  }
})
