import { setTimeout as sleep } from 'node:timers/promises'
import { ProblemError } from '@bramble/kit'
import { TransientRegistryError } from './registry-request.ts'
import type { RetryOptions } from './registry-request.ts'

/** Counts the tries of one act; `pause` waits before the next one and gives up after too many in a row. */
export class Tries {
  #failed = 0
  readonly #options: Required<RetryOptions>

  constructor({ maxTries = 40, minDelayMs = 200, maxDelayMs = 5000 }: RetryOptions = {}) {
    this.#options = { maxTries, minDelayMs, maxDelayMs }
  }

  /** Something came through: start counting again. */
  progressed(): void {
    this.#failed = 0
  }

  /** Rethrows what is final. Half of each delay is random, so that many nodes do not come back at once. */
  async pause(error: unknown, signal?: AbortSignal): Promise<void> {
    if (!(error instanceof TransientRegistryError)) throw error
    const { maxTries, minDelayMs, maxDelayMs } = this.#options
    if (++this.#failed >= maxTries) {
      throw new ProblemError('unavailable', `The registry did not serve: ${error.message}`, { cause: error })
    }
    const delayMs = Math.min(maxDelayMs, minDelayMs * 2 ** (this.#failed - 1))
    await sleep((delayMs * (1 + Math.random())) / 2, undefined, { signal })
  }
}

export async function retryTransient<T>(
  options: RetryOptions | undefined,
  signal: AbortSignal | undefined,
  act: () => Promise<T>,
): Promise<T> {
  for (const tries = new Tries(options); ;) {
    try {
      return await act()
    } catch (error) {
      await tries.pause(error, signal)
    }
  }
}
