import { stat } from 'node:fs/promises'

/** Bytes of a file; undefined when it is not there. */
export const fileBytes = (path: string): Promise<number | undefined> =>
  stat(path).then(({ size }) => size, undefinedWhenMissing)

export function undefinedWhenMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
  throw error
}
