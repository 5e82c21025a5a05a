import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'

/** The file to which SQLite appends what is committed, while its database is open. */
export interface WriteAheadLog {
  /** Resolves when all that was committed before is on the disk. */
  sync(): Promise<void>
  close(): Promise<void>
}

/** A database in memory has none. SQLite makes the file with the first write, and locks nothing in it. */
export function writeAheadLogOf(path: string): WriteAheadLog {
  if (path === ':memory:') return { sync: async () => {}, close: async () => {} }
  let file: Promise<FileHandle> | undefined
  return {
    sync: async () => {
      file ??= open(`${path}-wal`, 'r')
      await (await file).datasync()
    },
    close: async () => (await file?.catch(() => undefined))?.close(),
  }
}
