import { MongoBulkWriteError, MongoInvalidArgumentError, MongoServerError } from 'mongodb'
import { describeError } from '@bramble/kit'

/**
 * Why the server, or the driver in its place, does not take what was sent. Undefined for all other failures: what was
 * sent may have been done, or may still be.
 */
export function refusalOf(error: unknown): string | undefined {
  const failure = withoutWrapper(error)
  const isRefusal = failure instanceof MongoServerError || failure instanceof MongoInvalidArgumentError
  return isRefusal ? describeError(failure) : undefined
}

/** The driver makes an answer of the server of everything that befalls a bulk, a lost connection too. */
const withoutWrapper = (error: unknown): unknown =>
  error instanceof MongoBulkWriteError && error.errorResponse instanceof Error ? error.errorResponse : error
