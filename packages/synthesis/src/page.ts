/** The unit of everything here: a guest page, a cluster of the disk delta, a record of a segment. */
export const PAGE_BYTES = 4096

/** How many pages are read, compared and written at once (1 MiB). */
export const PAGES_PER_BATCH = 256

const ZERO_PAGE = Buffer.alloc(PAGE_BYTES)

export const isZeroPage = (page: Buffer): boolean => page[0] === 0 && page[2048] === 0 && ZERO_PAGE.equals(page)

export const pagesOf = (sizeBytes: number): number => Math.ceil(sizeBytes / PAGE_BYTES)

/** The two address spaces of a VM that a base holds and an overlay changes. */
export type Space = 'memory' | 'disk'

export type Spaces = Record<Space, { sizeBytes: number }>

/**
 * Pages of both spaces share one numbering: those of memory first, then those of the disk, so that a page of either
 * can be named by one u32 (16 TiB).
 */
export type PageNumbering = { memoryPages: number; diskPages: number }

export const numberPages = (spaces: Spaces): PageNumbering => ({
  memoryPages: pagesOf(spaces.memory.sizeBytes),
  diskPages: pagesOf(spaces.disk.sizeBytes),
})

export const totalPages = ({ memoryPages, diskPages }: PageNumbering): number => memoryPages + diskPages
