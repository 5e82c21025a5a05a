import type { DatabaseSync } from 'node:sqlite'
import { describeError } from '@bramble/kit'
import { StoreUnavailableError, WriteInDoubtError } from '../errors.ts'
import { explainSqliteError, sqliteCode } from './open-database.ts'

// Writes issued in one turn of the event loop are applied in one transaction, and answered when its commit is on the disk.
// The sync that takes it there goes on beside this thread; what is issued meanwhile is the next group. A write is a
// synchronous function that reads, decides, and writes as its last act: when it throws before that (a duplicate, an old
// revision) nothing of it is in the transaction, so it fails alone. When SQLite itself fails, all writes of the group fail.
//
// When a sync fails, nobody knows what the disk has: Linux may call pages clean that it could not write, so a later sync
// would say nothing of them (fsync(2), EIO). Its writes are in doubt, and no more is written until the store is opened
// again, which reads what there is.
//
// What is committed and not yet on the disk can be read. SQLite's log is read back up to its first damage, so that after a
// loss of power nothing is there that was written after something that is missing.

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
  close(): Promise<void>
}

/** `sync` resolves when what was committed before is on the disk. */
export function groupWrites(database: Transactions, sync: () => Promise<void>): WriteGroup {
  const pending: Write[] = []
  let failed: StoreUnavailableError | undefined
  let isScheduled = false
  let isClosed = false
  let syncing: Promise<void> | undefined

  const flush = () => {
    isScheduled = false
    if (syncing) return
    const group = pending.splice(0, mostWritesPerGroup)
    const outcomes = failed ? rejectAll(group, failed) : commitGroup(database, group)
    if (outcomes) syncing = answer(group, outcomes)
    else schedule()
  }
  const answer = async (group: Write[], outcomes: Outcome[]) => {
    try {
      await sync()
      settleAll(group, outcomes)
    } catch (error) {
      failed = new StoreUnavailableError(`the disk failed (${describeError(error)}): start the master again`)
      rejectAll(group, new WriteInDoubtError(new Promise(() => {})))
    }
    syncing = undefined
    schedule()
  }
  const schedule = () => {
    if (isScheduled || syncing || pending.length === 0) return
    isScheduled = true
    setImmediate(flush)
  }

  return {
    write: <T>(apply: () => T) =>
      new Promise<T>((resolve, reject) => {
        if (isClosed) return reject(new StoreUnavailableError('the store is closed'))
        pending.push({ apply, resolve: resolve as Write['resolve'], reject })
        schedule()
      }),
    close: async () => {
      isClosed = true
      for (; syncing || pending.length > 0; await syncing) if (!syncing) flush()
    },
  }
}

/** Undefined when nothing was committed, which its writes were told. */
function commitGroup(database: Transactions, group: Write[]): Outcome[] | undefined {
  if (group.length === 0) return undefined
  try {
    database.exec('BEGIN IMMEDIATE')
    const outcomes = group.map(applyWrite)
    database.exec('COMMIT')
    return outcomes
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    const text = `cannot write to the store: ${explainSqliteError(error)}`
    return rejectAll(group, new StoreUnavailableError(text, { cause: error }))
  }
}

function rejectAll(group: Write[], error: Error): undefined {
  for (const { reject } of group) reject(error)
}

function applyWrite({ apply }: Write): Outcome {
  try {
    return { done: true, value: apply() }
  } catch (error) {
    if (sqliteCode(error) !== undefined) throw error
    return { done: false, error }
  }
}

function settleAll(group: Write[], outcomes: Outcome[]): void {
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.done) group[index]?.resolve(outcome.value)
    else group[index]?.reject(outcome.error)
  }
}
