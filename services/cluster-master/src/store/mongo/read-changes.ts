import type { Change, CollectionName } from '../store.ts'
import { collectionNames } from '../indexes.ts'
import type { MongoServer } from './mongo-server.ts'
import { rowsOf, toChange } from './rows.ts'
import type { WriteQueue } from './write-queue.ts'

/** The log of changes is the rows themselves, in the order of their numbers, as far as all of them are settled. */
export async function readChanges(
  { server, queue }: { server: MongoServer; queue: WriteQueue },
  cursor: number,
  limit: number,
): Promise<Change[]> {
  const range = { $gt: cursor, $lte: queue.settledNumber() }
  const read = async (name: CollectionName) => {
    const rows = rowsOf(server.database, name).find({ cursor: range }).sort({ cursor: 1 }).limit(limit)
    return (await rows.toArray()).map((row) => toChange(name, row))
  }
  // Most of the time few collections were written since.
  const names = collectionNames.filter((name) => queue.lastNumberOf(name) > cursor)
  const changes = await server.ask(() => Promise.all(names.map(read)))
  return changes
    .flat()
    .sort((a, b) => a.cursor - b.cursor)
    .slice(0, limit)
}
