import { MongoBulkWriteError } from 'mongodb'
import type { AnyBulkWriteOperation, Collection, Db } from 'mongodb'
import type { Timestamp } from '@bramble/contracts'
import type { Change, CollectionName, Stored } from '../store.ts'

/** How a document lies in its collection: beside what the writes of the store need, or as the tombstone of itself. */
export interface Row {
  _id: string
  revision: number
  /** The number of the write that made it. */
  cursor: number
  removed: boolean
  at: Timestamp
  document: Stored
}

/** A compare-and-set: the row comes in place of the one at revision `over`, or where none is (0). */
export interface RowWrite {
  collection: CollectionName
  over: number
  row: Omit<Row, 'cursor'>
}

export type NumberedWrite = RowWrite & { row: Row }

export const rowsOf = (database: Db, name: CollectionName): Collection<Row> => database.collection<Row>(name)

/** Sends writes of one collection at once. True when all are done; else nobody knows which are. */
export async function sendRows(rows: Collection<Row>, writes: readonly NumberedWrite[]): Promise<boolean> {
  const { insertedCount, matchedCount } = await rows.bulkWrite(writes.map(operationOf), { ordered: false })
  return insertedCount + matchedCount === writes.length
}

function operationOf({ over, row }: NumberedWrite): AnyBulkWriteOperation<Row> {
  if (over === 0) return { insertOne: { document: row } }
  return { replaceOne: { filter: { _id: row._id, revision: over }, replacement: row } }
}

/** What the server said of single writes of a bulk, by their position. */
export function writeErrorsOf(error: unknown): Map<number, { code: number; message: string }> {
  if (!(error instanceof MongoBulkWriteError)) return new Map()
  const errors = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors]
  return new Map(errors.map(({ index, code, errmsg }) => [index, { code: Number(code), message: errmsg ?? '' }]))
}

export const toChange = (collection: CollectionName, { _id, document, ...row }: Row): Change => ({
  collection,
  id: _id,
  cursor: row.cursor,
  revision: row.revision,
  removed: row.removed,
  at: row.at,
  document,
})
