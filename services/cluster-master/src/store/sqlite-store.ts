import type { Clock } from '@bramble/kit'
import type { Collection, CollectionName, Documents, Store } from './store.ts'
import { collectionNames } from './indexes.ts'
import { documentTable } from './sqlite/document-table.ts'
import { eventTable } from './sqlite/event-table.ts'
import { openDatabase } from './sqlite/open-database.ts'
import { readStore } from './sqlite/read-store.ts'
import { sqliteCollection } from './sqlite/sqlite-collection.ts'
import { cacheStatements } from './sqlite/statements.ts'
import { writeAheadLogOf } from './sqlite/write-ahead-log.ts'
import { groupWrites } from './sqlite/write-group.ts'

export interface SqliteStoreOptions {
  /** Path of the database, or `:memory:`. */
  path: string
  clock: Pick<Clock, 'now'>
}

/**
 * The store of the embedded shape: one SQLite database, open in this process alone. SQLite works in this thread: a read
 * takes microseconds, a group of writes a fraction of a millisecond; the sync that each waits for goes on beside it.
 * @throws {StoreUnavailableError}
 */
export function openSqliteStore({ path, clock }: SqliteStoreOptions): Store {
  const database = openDatabase(path)
  const prepare = cacheStatements(database)
  const log = writeAheadLogOf(path)
  const group = groupWrites(database, log.sync)
  const documents = documentTable(prepare)
  const events = eventTable(prepare)
  const probe = prepare('INSERT OR REPLACE INTO probes (id, at) VALUES (1, ?)')

  const parts = { documents, prepare, group, clock }
  const collections = Object.fromEntries(
    collectionNames.map((name) => [name, sqliteCollection(name, parts)]),
  ) as unknown as { [N in CollectionName]: Collection<Documents[N]> }

  let closing: Promise<void> | undefined
  const close = async () => {
    await group.close()
    database.close()
    await log.close()
  }
  return {
    about: async () => ({ product: 'SQLite', version: process.versions['sqlite'] ?? '' }),
    collection: (name) => collections[name],
    changes: (cursor, limit) => readStore(() => documents.changes(cursor, limit)),
    appendEvents: (added, keep) => group.write(() => events.append(added, keep)),
    events: (after, limit) => readStore(() => events.read(after, limit)),
    probe: () => group.write(() => void probe.run(clock.now())),
    close: () => (closing ??= close()),
  }
}
