import { waitFor } from '@bramble/kit'
import type { Dependency, KeptReadiness } from './readiness.ts'

const pauseMs = 500

export interface Reaching {
  readiness: KeptReadiness
  /** Aborted when the process is to end: nothing is tried any more. */
  stopping: AbortSignal
}

/** Tries until it works, telling why it does not. @throws what is `fatal`, and when it is to stop */
export async function reach<T>(
  dependency: Dependency,
  act: () => Promise<T>,
  { readiness, stopping, isFatal = () => false }: Reaching & { isFatal?: (error: unknown) => boolean },
): Promise<T> {
  for (;;) {
    stopping.throwIfAborted()
    try {
      const reached = await act()
      readiness.works(dependency)
      return reached
    } catch (error) {
      if (isFatal(error)) throw error
      readiness.fails(dependency, error)
      await waitFor(pauseMs, stopping)
    }
  }
}
