import { readFile } from 'node:fs/promises'
import { freemem } from 'node:os'
import { ProblemError } from '@bramble/kit'
import { createClaims, describeFree, inMiB } from '../../claims.ts'
import type { Claims, Refusal } from '../../claims.ts'

/** What can be had without swapping: free memory alone leaves out the page cache. */
export async function freeMemoryBytes(): Promise<number> {
  const text = await readFile('/proc/meminfo', 'utf8')
  const available = /^MemAvailable:\s+(\d+) kB$/m.exec(text)?.[1]
  return available === undefined ? freemem() : Number(available) * 1024
}

/** Claims of memory on this host. A claim that is not left is refused with insufficient_memory. */
export const createMemoryClaims = (reserveBytes: number): Claims =>
  createClaims({ freeBytes: freeMemoryBytes, reserveBytes, refuse: tooLittleMemory })

const tooLittleMemory = (refusal: Refusal) =>
  new ProblemError(
    'insufficient_memory',
    `${refusal.what} wants ${inMiB(refusal.wantedBytes)} of memory; ${describeFree(refusal)}.`,
  )
