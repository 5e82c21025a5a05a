import { problems } from '@bramble/contracts'
import type { FieldError, ProblemCode } from '@bramble/contracts'

export interface ProblemDetails {
  /** In place of the hint that the table of codes gives. */
  hint?: string | undefined
  /** Every refused field, not only the first. */
  errors?: FieldError[] | undefined
  /** Roles of which one would have been enough. */
  missingPermission?: string[] | undefined
  /** When to try again; sent as Retry-After. */
  retryAfterSeconds?: number | undefined
  cause?: unknown
}

/**
 * An expected failure that has a code of its own: `throw new ProblemError('not_found', 'There is no instance web-1.')`.
 * The detail is told to the caller, the cause only to the log.
 */
export class ProblemError extends Error {
  readonly code: ProblemCode
  readonly details: Omit<ProblemDetails, 'cause'>

  constructor(code: ProblemCode, detail: string, { cause, ...details }: ProblemDetails = {}) {
    super(detail, cause === undefined ? undefined : { cause })
    this.name = 'ProblemError'
    this.code = code
    this.details = details
  }

  get status(): number {
    return problems[this.code].status
  }
}

/** True for a failure that may pass by itself: something this depends on is down, full or busy. */
export function isRetryable(error: unknown): boolean {
  if (error instanceof ProblemError && [429, 503, 504, 507].includes(error.status)) return true
  return error instanceof Error && error.cause !== undefined && isRetryable(error.cause)
}
