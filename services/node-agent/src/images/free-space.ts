import { statfs } from 'node:fs/promises'
import { ProblemError } from '@bramble/kit'

export async function freeBytes(dir: string): Promise<number> {
  const { bavail, bsize } = await statfs(dir)
  return bavail * bsize
}

/** Rejects with insufficient_disk unless `needBytes` may be written below `dir` with `reserveBytes` left. */
export async function checkSpace(dir: string, needBytes: number, reserveBytes: number, what: string): Promise<void> {
  const free = await freeBytes(dir)
  if (free - reserveBytes >= needBytes) return
  const inMiB = (bytes: number) => `${Math.ceil(bytes / 1024 ** 2)} MiB`
  throw new ProblemError(
    'insufficient_disk',
    `${what} needs ${inMiB(needBytes)}; ${inMiB(free)} are free in ${dir}, of which ${inMiB(reserveBytes)} are reserved.`,
  )
}
