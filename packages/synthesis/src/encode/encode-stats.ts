import type { Space } from '../page.ts'
import { PAGE_BYTES } from '../page.ts'
import type { Copies } from './find-copies.ts'
import { NONE } from './find-copies.ts'
import type { ChangedPages } from './scan-pages.ts'

/** What the changed pages of a space turned out to be, in bytes of pages. */
export type SpaceStats = { zeroBytes: number; baseCopyBytes: number; duplicateBytes: number; literalBytes: number }

export type EncodeStats = Record<Space, SpaceStats> & {
  /** Of all blobs: what travels, but for the manifest. */
  compressedBytes: number
  elapsedMs: number
}

export function countPages(changed: ChangedPages, copies: Copies, memoryPages: number): Record<Space, SpaceStats> {
  const stats = { memory: noBytes(), disk: noBytes() }
  const of = (page: number) => (page < memoryPages ? stats.memory : stats.disk)
  for (const page of changed.zeros.toArray()) of(page).zeroBytes += PAGE_BYTES
  changed.filled.toArray().forEach((page, ordinal) => {
    if (copies.ofBase[ordinal] !== NONE) of(page).baseCopyBytes += PAGE_BYTES
    else if (copies.leader[ordinal] !== ordinal) of(page).duplicateBytes += PAGE_BYTES
    else of(page).literalBytes += PAGE_BYTES
  })
  return stats
}

const noBytes = (): SpaceStats => ({ zeroBytes: 0, baseCopyBytes: 0, duplicateBytes: 0, literalBytes: 0 })
