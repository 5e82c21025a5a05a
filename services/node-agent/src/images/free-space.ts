import { freeBytes, ProblemError } from '@bramble/kit'

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
