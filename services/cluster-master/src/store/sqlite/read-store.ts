import { StoreUnavailableError } from '../errors.ts'
import { explainSqliteError, sqliteCode } from './open-database.ts'

/** Reads. When SQLite itself fails, or is closed, the store cannot be used; any other error is the caller's. */
export async function readStore<T>(read: () => T): Promise<T> {
  try {
    return read()
  } catch (error) {
    if (sqliteCode(error) === undefined && !isClosed(error)) throw error
    throw new StoreUnavailableError(`cannot read the store: ${explainSqliteError(error)}`, { cause: error })
  }
}

const isClosed = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ERR_INVALID_STATE'
