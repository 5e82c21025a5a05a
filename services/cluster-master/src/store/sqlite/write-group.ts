import type { DatabaseSync } from 'node:sqlite'
import { StoreUnavailableError } from '../errors.ts'
import { explainSqliteError, sqliteCode } from './open-database.ts'

// Durable writes cost an fsync each. Writes issued in one turn of the event loop are therefore applied in one
// transaction and answered after its commit. A write is a synchronous function that reads, decides, and writes as its
// last act: when it throws before that (a duplicate, an old revision) nothing of it is in the transaction, so it fails
// alone. When SQLite itself fails, all writes of the group fail.

/** Bounds how long one group keeps the event loop busy: about 10 ms. */
const mostWritesPerGroup = 256

type Transactions = Pick<DatabaseSync, 'exec' | 'isTransaction'>

interface Write {
  apply: () => unknown
  resolve: (value: unknown) => void
  reject: (error: unknown) => void
}

type Outcome = { done: true; value: unknown } | { done: false; error: unknown }

export interface WriteGroup {
  /** Applies a write with the next group; resolves with what it returned once that is durable. */
  write<T>(apply: () => T): Promise<T>
  /** Refuses further writes and ends the pending ones. */
  close(): void
}

export function groupWrites(database: Transactions): WriteGroup {
  const pending: Write[] = []
  let scheduled = false
  let closed = false

  const flush = () => {
    scheduled = false
    commitGroup(database, pending.splice(0, mostWritesPerGroup))
    if (pending.length > 0) schedule()
  }
  const schedule = () => {
    if (!scheduled) setImmediate(flush)
    scheduled = true
  }

  return {
    write: <T>(apply: () => T) =>
      new Promise<T>((resolve, reject) => {
        if (closed) return reject(new StoreUnavailableError('the store is closed'))
        pending.push({ apply, resolve: resolve as Write['resolve'], reject })
        schedule()
      }),
    close: () => {
      closed = true
      while (pending.length > 0) flush()
    },
  }
}

function commitGroup(database: Transactions, group: Write[]): void {
  if (group.length === 0) return
  try {
    database.exec('BEGIN IMMEDIATE')
    const outcomes = group.map(applyWrite)
    database.exec('COMMIT')
    for (const [index, outcome] of outcomes.entries()) settle(group[index], outcome)
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    const failure = new StoreUnavailableError(`cannot write to the store: ${explainSqliteError(error)}`, {
      cause: error,
    })
    for (const { reject } of group) reject(failure)
  }
}

function applyWrite({ apply }: Write): Outcome {
  try {
    return { done: true, value: apply() }
  } catch (error) {
    if (sqliteCode(error) !== undefined) throw error
    return { done: false, error }
  }
}

function settle(write: Write | undefined, outcome: Outcome): void {
  if (outcome.done) write?.resolve(outcome.value)
  else write?.reject(outcome.error)
}
