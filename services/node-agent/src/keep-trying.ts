import { backoffMs, describeError, waitFor } from '@bramble/kit'

export interface KeepTrying {
  /** Told why it did not succeed. */
  onFailure: (reason: string) => void
  /** What another try cannot change; nothing when absent. */
  isFinal?: (error: unknown) => boolean
  stopping: AbortSignal
}

const pauses = { initialMs: 500, maxMs: 15_000 }

/** Does something until it succeeds, with growing pauses. @throws what is final, and when the agent stops */
export async function keepTrying<T>(act: () => Promise<T>, { onFailure, isFinal, stopping }: KeepTrying): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await act()
    } catch (error) {
      stopping.throwIfAborted()
      if (isFinal?.(error)) throw error
      onFailure(describeError(error))
      await waitFor(backoffMs(failures, pauses), stopping)
      stopping.throwIfAborted()
    }
  }
}
