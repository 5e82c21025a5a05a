import { makeProblem } from '@bramble/contracts'
import type { Problem } from '@bramble/contracts'
import { ProblemError } from './problem-error.ts'

/** The document told to the caller. What is not a ProblemError is a bug: its text stays in the log. */
export function toProblem(error: unknown, requestId?: string): Problem {
  const known = asProblemError(error)
  const { hint, errors, missingPermission } = known.details
  return makeProblem(known.code, known.message, {
    ...(hint !== undefined && { hint }),
    ...(errors !== undefined && { errors }),
    ...(missingPermission !== undefined && { missingPermission }),
    ...(requestId !== undefined && { requestId }),
  })
}

/** The ProblemError that an error is, or counts as. */
export function asProblemError(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error
  // Express throws this for a path that cannot be percent-decoded.
  if (error instanceof URIError) return new ProblemError('invalid_input', error.message, { cause: error })
  return new ProblemError('internal', 'Something went wrong inside; the log has it under this requestId.', {
    cause: error,
  })
}
