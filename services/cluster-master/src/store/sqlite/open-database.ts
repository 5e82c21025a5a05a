import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describeError } from '@bramble/kit'
import { StoreUnavailableError } from '../errors.ts'
import { migrate } from './schema.ts'

/**
 * Opens (or makes) the database, for this process alone: a second one would number its writes twice.
 * @throws {StoreUnavailableError} saying in plain words why it cannot be used
 */
export function openDatabase(path: string): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    if (path !== ':memory:') createPrivateFile(path)
    database = new DatabaseSync(path, { timeout: 1000 })
    // NORMAL: a commit does not wait for the disk; the group of writes does, without holding up this thread.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
    migrate(database)
    return database
  } catch (error) {
    database?.close()
    throw new StoreUnavailableError(`cannot open the store ${path}: ${explainSqliteError(error)}`, { cause: error })
  }
}

/** It holds the hashes of tokens; SQLite gives its journals the mode of the database. */
function createPrivateFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  closeSync(openSync(path, 'a', 0o600))
}

// https://www.sqlite.org/rescode.html
const explanations: Record<number, string> = {
  5: 'another process has it open; stop that one first',
  8: 'it may not be written',
  10: 'the disk reported an error',
  11: 'it is damaged; restore a backup',
  13: 'the disk is full',
  14: 'the file cannot be opened',
  26: 'it is damaged, or not a database at all; restore a backup',
}

export function explainSqliteError(error: unknown): string {
  const code = sqliteCode(error)
  const known = code === undefined ? undefined : explanations[code & 0xff]
  return known ?? describeError(error)
}

/** SQLite's extended result code; its last byte is the primary one. */
export const sqliteCode = (error: unknown): number | undefined =>
  typeof error === 'object' && error !== null && 'errcode' in error ? Number(error.errcode) : undefined
