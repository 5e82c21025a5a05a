import type { Timestamp } from '@bramble/contracts'
import type { Change, CollectionName, Stored } from '../store.ts'
import { DuplicateError } from '../errors.ts'
import { sqliteCode } from './open-database.ts'
import { fieldOfIndex } from './schema.ts'
import type { Prepare } from './statements.ts'

/** One row: a document, or the tombstone of one that was removed. */
export interface Row {
  collection: CollectionName
  id: string
  revision: number
  cursor: number
  removed: 0 | 1
  at: Timestamp
  body: string
}

export interface DocumentTable {
  read(collection: CollectionName, id: string): Row | undefined
  /** Writes the row under the next cursor. @throws {DuplicateError} */
  put(row: Omit<Row, 'cursor'>): void
  changes(cursor: number, limit: number): Change[]
  /** Forgets the tombstones made before a time. */
  purge(before: Timestamp): void
}

const uniqueViolation = 2067

export function documentTable(prepare: Prepare): DocumentTable {
  let lastCursor = Number(prepare('SELECT ifnull(max(cursor), 0) AS last FROM documents').get()?.['last'])
  const select = prepare('SELECT * FROM documents WHERE collection = ? AND id = ?')
  const upsert = prepare(
    `INSERT INTO documents (collection, id, revision, cursor, removed, at, body) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (collection, id) DO UPDATE SET revision = excluded.revision, cursor = excluded.cursor,
     removed = excluded.removed, at = excluded.at, body = excluded.body`,
  )
  const selectChanges = prepare('SELECT * FROM documents WHERE cursor > ? ORDER BY cursor LIMIT ?')
  // The newest write stays whatever it is: the cursor counts on from it when the store is opened again.
  const deleteTombstones = prepare(
    'DELETE FROM documents WHERE removed = 1 AND at < ? AND cursor < (SELECT max(cursor) FROM documents)',
  )

  return {
    read: (collection, id) => select.get(collection, id) as Row | undefined,
    put: (row) => {
      try {
        upsert.run(row.collection, row.id, row.revision, lastCursor + 1, row.removed, row.at, row.body)
      } catch (error) {
        throw asDuplicate(row.collection, error) ?? error
      }
      // Never given back, not even when the transaction fails: a cursor only has to grow.
      lastCursor += 1
    },
    changes: (cursor, limit) => (selectChanges.all(cursor, limit) as unknown as Row[]).map(toChange),
    purge: (before) => void deleteTombstones.run(before),
  }
}

const toChange = ({ body, removed, ...row }: Row): Change => ({
  ...row,
  removed: removed === 1,
  document: JSON.parse(body) as Stored,
})

function asDuplicate(collection: CollectionName, error: unknown): DuplicateError | undefined {
  if (sqliteCode(error) !== uniqueViolation) return undefined
  const field = fieldOfIndex((error as Error).message)
  return field === undefined ? undefined : new DuplicateError(collection, field, { cause: error })
}
