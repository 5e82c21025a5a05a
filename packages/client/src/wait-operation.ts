import { isTerminal, type Operation, type OperationId } from '@bramble/contracts'
import type { Client } from './client.ts'
import { isNotServing } from './ask-masters.ts'
import { UnreachableError } from './errors.ts'

/** The time given ran out; the operation goes on. */
export class WaitTimeoutError extends Error {
  readonly operation: OperationId
  constructor(operation: OperationId, timeoutMs: number) {
    super(`operation ${operation} did not end within ${timeoutMs / 1000} s; it goes on`)
    this.name = 'WaitTimeoutError'
    this.operation = operation
  }
}

export interface WaitOptions {
  /** Milliseconds; for ever when left out. */
  timeoutMs?: number
  /** Told of every state that differs from the one before. */
  onChange?: (operation: Operation) => void
  signal?: AbortSignal
  /** How often progress is looked at while it runs, in milliseconds. */
  stepMs?: number
}

/** As the route takes it: up to three digits of milliseconds, or whole seconds. */
const waitText = (ms: number): string => (ms < 1000 ? `${ms}ms` : `${Math.min(60, Math.floor(ms / 1000))}s`)

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Waits until the operation ended and returns it, whatever its end was. A master that restarts meanwhile is waited for. */
export const waitOperation = async (client: Client, id: OperationId, options: WaitOptions = {}): Promise<Operation> => {
  const { timeoutMs = Infinity, stepMs = 500 } = options
  const deadline = performance.now() + timeoutMs
  for (let seen = ''; ;) {
    const left = deadline - performance.now()
    if (left <= 0) throw new WaitTimeoutError(id, timeoutMs)
    const wait = waitText(Math.ceil(Math.min(left, stepMs)))
    const operation = await client.operations
      .show({ params: { operation: id }, query: { wait }, signal: options.signal })
      .catch((error: unknown) => {
        if (isNotServing(error) || (error instanceof UnreachableError && timeoutMs !== Infinity)) return undefined
        throw error
      })
    if (!operation) await pause(Math.min(left, stepMs))
    if (!operation || seen === JSON.stringify(operation)) continue
    seen = JSON.stringify(operation)
    options.onChange?.(operation)
    if (isTerminal(operation.status)) return operation
  }
}
