import { freeBytes, ProblemError } from '@bramble/kit'
import { createClaims, describeFree, inMiB } from '../claims.ts'
import type { Claims, Refusal } from '../claims.ts'

/** Claims of space on the disk of a folder. A claim that is not left is refused with insufficient_disk. */
export const createDiskClaims = (dir: string, reserveBytes: number): Claims =>
  createClaims({ freeBytes: () => freeBytes(dir), reserveBytes, refuse: (refusal) => tooLittleDisk(dir, refusal) })

const tooLittleDisk = (dir: string, refusal: Refusal) =>
  new ProblemError(
    'insufficient_disk',
    `${refusal.what} needs ${inMiB(refusal.wantedBytes)} in ${dir}; ${describeFree(refusal)}.`,
  )
