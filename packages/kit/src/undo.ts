import type { Logger } from './log/logger.ts'
import { describeError } from './errors/describe-error.ts'

/**
 * Undoes what was half done. Each step taken pushes how to take it back; leaving the block without `keep()` takes all
 * of them back, newest first:
 *
 *     await using undo = undoStack(log)
 *     await createDisk(path)
 *     undo.push('remove disk', () => rm(path))
 *     await defineDomain(xml)
 *     undo.keep()
 */
export interface UndoStack extends AsyncDisposable {
  push(name: string, step: () => unknown): void
  /** All went well: nothing is taken back. */
  keep(): void
  /** Takes everything back now. A failing step stops none of the others; all failures are returned and logged. */
  unwind(): Promise<Error[]>
}

export function undoStack(log?: Pick<Logger, 'warn'>): UndoStack {
  let steps: { name: string; step: () => unknown }[] = []

  const unwind = async () => {
    const failures: Error[] = []
    for (let last = steps.pop(); last; last = steps.pop()) {
      try {
        await last.step()
      } catch (error) {
        failures.push(new Error(`cannot undo "${last.name}"`, { cause: error }))
      }
    }
    for (const failure of failures) log?.warn({ err: failure }, describeError(failure))
    return failures
  }

  return {
    push: (name, step) => void steps.push({ name, step }),
    keep: () => void (steps = []),
    unwind,
    [Symbol.asyncDispose]: async () => void (await unwind()),
  }
}
