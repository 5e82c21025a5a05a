import type { Problem } from '@bramble/contracts'

/** The master refused, and says why. */
export class ProblemError extends Error {
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.detail || problem.title)
    this.name = 'ProblemError'
    this.problem = problem
  }
}

/** Nobody answered at the master's address, or not as a master would. */
export class UnreachableError extends Error {
  /** Whether it may have got the request. */
  readonly isSent: boolean
  constructor(url: string, cause: unknown) {
    super(`no answer from ${url}: ${describe(cause)}`, { cause })
    this.name = 'UnreachableError'
    this.isSent = !isOfConnecting(cause)
  }
}

const ofConnecting = [
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
]

/** Of several addresses of a name, each failed. */
const isOfConnecting = (error: unknown): boolean => {
  const { code, cause, errors } = (error ?? {}) as { code?: string; cause?: unknown; errors?: unknown[] }
  if (errors?.length) return errors.every(isOfConnecting)
  return ofConnecting.includes(code ?? '') || (cause !== undefined && isOfConnecting(cause))
}

const describe = (cause: unknown): string => {
  if (!(cause instanceof Error)) return String(cause)
  return cause.cause instanceof Error
    ? describe(cause.cause)
    : cause.message || (cause as NodeJS.ErrnoException).code || cause.name
}
