import type { Timestamp } from '@bramble/contracts'
import { addMs, msBetween } from '@bramble/kit'
import type { CollectionName } from '../store.ts'
import type { MongoServer } from './mongo-server.ts'
import { rowsOf } from './rows.ts'

/** How long a removal can be read from changes(): seven days. */
const tombstoneMs = 7 * 24 * 3_600_000
const periodMs = 3_600_000

/** Told of a removal; forgets the old ones of its collection, once an hour at most. */
export type TombstonePurge = (collection: CollectionName, now: Timestamp) => void

export function createTombstonePurge(server: MongoServer): TombstonePurge {
  const purgedAt = new Map<CollectionName, Timestamp>()
  return (collection, now) => {
    const last = purgedAt.get(collection)
    if (last && Math.abs(msBetween(last, now)) < periodMs) return
    purgedAt.set(collection, now)
    const old = { removed: true, at: { $lt: addMs(now, -tombstoneMs) } }
    // Nobody waits for it: what fails now is done after a later removal.
    server.ask(() => rowsOf(server.database, collection).deleteMany(old)).catch(() => purgedAt.delete(collection))
  }
}
