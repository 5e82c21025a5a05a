import type { Db, IndexDescription } from 'mongodb'
import type { CollectionName } from '../store.ts'
import { collectionNames, indexes } from '../indexes.ts'
import { uniqueIndexName } from './judge-write.ts'
import type { MongoServer } from './mongo-server.ts'
import { rowsOf } from './rows.ts'

/** Tombstones are in no index of fields. */
const live = { partialFilterExpression: { removed: false } }

/** Makes the indexes that indexes.ts declares and drops the others. A new one on many documents takes its time. */
export const alignIndexes = (server: MongoServer): Promise<void> =>
  server.work(async (database) => {
    for (const name of collectionNames) await alignCollection(database, name)
  })

async function alignCollection(database: Db, name: CollectionName): Promise<void> {
  const rows = rowsOf(database, name)
  const wanted = new Map(describeIndexes(name).map((index) => [index.name, index]))
  const present = await rows.indexes().catch(asNone)
  for (const index of present) {
    if (wanted.delete(index.name) || index.name === '_id_' || index.name === undefined) continue
    await rows.dropIndex(index.name)
  }
  if (wanted.size > 0) await rows.createIndexes([...wanted.values()])
}

const namespaceNotFound = 26
function asNone(error: unknown): IndexDescription[] {
  if ((error as { code?: unknown }).code === namespaceNotFound) return []
  throw error
}

function describeIndexes(name: CollectionName): IndexDescription[] {
  const { unique, fields } = indexes[name]
  return [
    { name: 'cursor', key: { cursor: 1 } },
    { name: 'tombstones', key: { at: 1 }, partialFilterExpression: { removed: true } },
    ...unique.map((field) => ({
      name: uniqueIndexName(field),
      key: { [`document.${field}`]: 1 },
      unique: true,
      ...live,
    })),
    ...fields.map((field) => ({ name: `field:${field}`, key: { [`document.${field}`]: 1, _id: 1 }, ...live })),
  ]
}
