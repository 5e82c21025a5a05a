import { ProblemError } from '@bramble/kit'
import { QueryError, StoreUnavailableError, WriteInDoubtError } from './store/errors.ts'

/** Does something with the store; what that says in its own words is told in those of the API. */
export async function tellStoreErrors<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (error instanceof QueryError) throw new ProblemError('invalid_input', error.message, { cause: error })
    if (!(error instanceof StoreUnavailableError)) throw error
    const isInDoubt = error instanceof WriteInDoubtError
    const detail = isInDoubt ? 'The store did not answer: this may still be done.' : 'The store cannot be used.'
    throw new ProblemError('unavailable', detail, { cause: error, retryAfterSeconds: 1 })
  }
}
