import { ProblemError, UnreachableError, WaitTimeoutError } from '@bramble/client'
import { exitCodes, problems } from '@bramble/contracts'

/** What the user wrote makes no sense. */
export class UsageError extends Error {}

/** Ends the command with another exit code, having said all there is to say. */
export class ExitError extends Error {
  readonly exitCode: number
  constructor(exitCode: number) {
    super(`exit ${exitCode}`)
    this.exitCode = exitCode
  }
}

export const exitCodeOf = (error: unknown): number => {
  if (error instanceof ExitError) return error.exitCode
  if (error instanceof UsageError) return exitCodes.usage
  if (error instanceof ProblemError) return problems[error.problem.code]?.exitCode ?? exitCodes.failed
  if (error instanceof WaitTimeoutError) return exitCodes.timeout
  if (error instanceof UnreachableError) return exitCodes.unreachable
  return exitCodes.failed
}

/** What to print for an error: the sentence, each wrong field, and what to do. */
export const describeFailure = (error: unknown): string => {
  if (error instanceof ExitError) return ''
  if (error instanceof ProblemError) {
    const { detail, title, hint, errors = [], code, requestId } = error.problem
    const fields = errors.map((it) => `  ${it.path || '(body)'}: ${it.message}`)
    const id = code === 'internal' && requestId ? [`request id: ${requestId}`] : []
    return [`error: ${detail || title} [${code}]`, ...fields, `hint: ${hint}`, ...id].join('\n')
  }
  if (error instanceof UnreachableError) {
    return `error: ${error.message}\nhint: is the cloudlet running (scripts/up)? Another address: --url, BRAMBLE_URL or \`bramble login\`.`
  }
  return `error: ${error instanceof Error ? error.message : String(error)}`
}
