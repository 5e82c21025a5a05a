// What the broker's refusals mean to whoever uses the bus. Nearly all of them pass by themselves and are `unavailable`:
// the sender keeps what it wanted to send. The exception is what its user may never do.
import { describeError } from '../../errors/describe-error.ts'
import { ProblemError } from '../../errors/problem-error.ts'

export const unavailable = (detail: string, cause?: unknown) => new ProblemError('unavailable', detail, { cause })

/** An error as amqplib gives it, told as what was tried: `cannot consume desired.node.a: no queue …`. */
export function brokerProblem(doing: string, error: unknown): ProblemError {
  if (error instanceof ProblemError) return error
  return unavailable(`Cannot ${doing}: ${describeError(error)}`, error)
}

export interface Target {
  exchange: string
  key: string
}

/**
 * Whether the broker closed the channel because its user may not publish this. It names the exchange, and the key too
 * where only the key is not allowed (`rabbit_access_control`, "write access to topic '…' in exchange '…'").
 */
export function isForbidden({ exchange, key }: Target, error: Error): boolean {
  const text = isRefusal(error) ? error.message : ''
  return text.includes(`exchange '${exchange}'`) && (!text.includes("to topic '") || text.includes(`to topic '${key}'`))
}

export const forbidden = ({ exchange, key }: Target, cause: Error) =>
  new ProblemError('forbidden', `The broker does not let this user publish ${key} to ${exchange}.`, {
    hint: 'A node may publish under its own key only.',
    cause,
  })

/** ACCESS_REFUSED (AMQP 0-9-1, "Reply codes"). While connecting, amqplib has the code in the text only. */
export const isRefusal = (error: Error): boolean =>
  (error as { code?: unknown }).code === 403 || error.message.includes('403 (ACCESS-REFUSED)')
