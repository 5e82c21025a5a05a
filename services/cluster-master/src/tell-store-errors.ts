import { ProblemError } from '@bramble/kit'
import { QueryError, StoreUnavailableError } from './store/errors.ts'

/** Does something with the store; what that says in its own words is told in those of the API. */
export async function tellStoreErrors<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (error instanceof QueryError) throw new ProblemError('invalid_input', error.message, { cause: error })
    if (!(error instanceof StoreUnavailableError)) throw error
    throw new ProblemError('unavailable', 'The store cannot be used.', { cause: error, retryAfterSeconds: 1 })
  }
}
