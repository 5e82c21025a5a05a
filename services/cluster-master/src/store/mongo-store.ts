import type { Clock } from '@bramble/kit'
import type { Collection, CollectionName, Documents, Store } from './store.ts'
import { collectionNames } from './indexes.ts'
import { aboutServer } from './mongo/about-server.ts'
import { alignIndexes } from './mongo/align-indexes.ts'
import { checkLayout } from './mongo/layout.ts'
import { endAfterSilence } from './mongo/end-after-silence.ts'
import { metaOf } from './mongo/meta.ts'
import { mongoCollection } from './mongo/mongo-collection.ts'
import { openEvents } from './mongo/mongo-events.ts'
import { shareServer, silenceMs } from './mongo/mongo-server.ts'
import type { MongoServer } from './mongo/mongo-server.ts'
import { createTombstonePurge } from './mongo/purge-tombstones.ts'
import { readChanges } from './mongo/read-changes.ts'
import { takeWriteNumbers } from './mongo/write-numbers.ts'
import { createWriteQueue } from './mongo/write-queue.ts'

export interface MongoStoreOptions {
  /** Stays open when the store is closed. */
  server: MongoServer
  clock: Pick<Clock, 'now'>
  /** While it says false nothing is sent: the lease of this process ran out. */
  mayWrite?: () => boolean
}

/**
 * The store of larger installations: any server that speaks MongoDB's protocol. One process at a time has it open; the
 * lease sees to that, so it is to be held by now.
 * @throws {StoreUnavailableError} when the server cannot be reached: nothing is done that may not be done again
 * @throws {SchemaError}
 */
export async function openMongoStore({ clock, mayWrite = () => true, ...given }: MongoStoreOptions): Promise<Store> {
  const server = shareServer(given.server)
  await checkLayout(server)
  await alignIndexes(server)
  const settling = { server, mayWrite }
  const queue = createWriteQueue(await takeWriteNumbers(server), settling)
  const events = await openEvents(settling)
  const parts = { server, queue, clock, purge: createTombstonePurge(server) }
  const collections = Object.fromEntries(
    collectionNames.map((name) => [name, mongoCollection(name, parts)]),
  ) as unknown as { [N in CollectionName]: Collection<Documents[N]> }

  return {
    about: () => aboutServer(server),
    collection: (name) => collections[name],
    changes: (cursor, limit) => readChanges(parts, cursor, limit),
    appendEvents: events.append,
    events: events.read,
    probe: async () => {
      const at = { $set: { at: clock.now() } }
      await server.ask(() => metaOf(server.database).updateOne({ _id: 'probe' }, at, { upsert: true }))
    },
    close: async () => {
      const rest = () => Promise.all([queue.close(), events.rest()])
      // Whoever still waits for a write has been answered by then.
      await endAfterSilence(silenceMs, rest).catch(() => {})
      await server.close()
    },
  }
}
