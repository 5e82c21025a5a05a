// A file under its final name is whole and on the disk: bytes are written under another name and synced, then renamed,
// then the folder is synced.
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

export interface DurablePlace {
  path: string
  /** Under which name the bytes arrive, on the same file system; what a crash leaves there is the caller's to remove. */
  through: string
}

/** Writes a file that only its owner may read. A crash leaves either the old one or the new one. */
export async function writeDurably(bytes: Uint8Array | string, { path, through }: DurablePlace): Promise<void> {
  try {
    await using file = await open(through, 'w', 0o600)
    await file.writeFile(bytes)
    await file.sync()
    await moveDurably(through, path)
  } catch (error) {
    await rm(through, { force: true })
    throw error
  }
}

/** Moves a file whose bytes are synced to its final name, in a folder that is made where it is missing. */
export async function moveDurably(from: string, to: string): Promise<void> {
  await makeFolder(dirname(to))
  await rename(from, to)
  await syncFolder(dirname(to))
}

/** Until then, what was made, renamed or removed in the folder may be undone by a loss of power. */
export async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r')
  await folder.sync()
}

async function makeFolder(folder: string): Promise<void> {
  const made = await mkdir(folder, { recursive: true, mode: 0o700 })
  if (made !== undefined) await syncFolder(dirname(made))
}
