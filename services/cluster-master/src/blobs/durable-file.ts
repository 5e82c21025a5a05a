import { randomUUID } from 'node:crypto'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

// A file under its final name is whole and on the disk: bytes are written under another name and synced, then renamed,
// then the folder is synced.

/** Moves a file whose bytes are synced to its final name. */
export async function moveDurably(from: string, to: string): Promise<void> {
  await makeFolder(dirname(to))
  await rename(from, to)
  await syncFolder(dirname(to))
}

export async function writeDurably(bytes: Uint8Array, to: { path: string; through: string }): Promise<void> {
  const temporary = join(to.through, `.${randomUUID()}`)
  try {
    await using file = await open(temporary, 'wx', 0o600)
    await file.writeFile(bytes)
    await file.sync()
    await moveDurably(temporary, to.path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

async function makeFolder(folder: string): Promise<void> {
  const made = await mkdir(folder, { recursive: true, mode: 0o700 })
  if (made !== undefined) await syncFolder(dirname(made))
}

async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r')
  await handle.sync()
}

/** Bytes of a file; undefined when it is not there. */
export const fileBytes = (path: string): Promise<number | undefined> =>
  stat(path).then(({ size }) => size, undefinedWhenMissing)

export function undefinedWhenMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
  throw error
}
