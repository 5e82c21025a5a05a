/** Finds the pages that differ from the base, a batch at a time, and hashes those that are not zero. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { hashPage } from '../base/page-hashes.ts'
import type { PageReader } from '../disk/page-reader.ts'
import { isZeroPage, PAGE_BYTES, PAGES_PER_BATCH } from '../page.ts'
import { NumberList } from './number-list.ts'

/** Numbers of changed pages in ascending order, over both spaces; `hashes` goes with `filled`. */
export class ChangedPages {
  readonly zeros = new NumberList()
  readonly filled = new NumberList()
  readonly hashes = new NumberList()
}

export type Scan = {
  target: PageReader
  /** Undefined when a base itself is encoded: then only pages that are not zero count. */
  base: PageReader | undefined
  /** Pages that cannot have changed are not read. */
  mayDiffer(page: number): boolean
  /** Added to the page numbers of this space. */
  offset: number
}

export async function scanPages(scan: Scan, into: ChangedPages): Promise<void> {
  const { target, base } = scan
  const theirs = Buffer.alloc(PAGES_PER_BATCH * PAGE_BYTES)
  const ours = Buffer.alloc(PAGES_PER_BATCH * PAGE_BYTES)
  for (let first = 0; first < target.pageCount; first += PAGES_PER_BATCH) {
    const pages = pagesToRead(scan, first)
    if (pages.length === 0) continue
    const used = Math.min(PAGES_PER_BATCH, target.pageCount - first) * PAGE_BYTES
    target.readSync(first, ours.subarray(0, used))
    if (base && first < base.pageCount) base.readSync(first, theirs.subarray(0, used))
    if (base && ours.compare(theirs, 0, used, 0, used) !== 0) compareBatch(scan, pages, { first, ours, theirs }, into)
    if (!base && !isZero(ours.subarray(0, used))) addFilled(scan, pages, { first, ours }, into)
    await nextTurn()
  }
}

const ZERO_BATCH = Buffer.alloc(PAGES_PER_BATCH * PAGE_BYTES)

const isZero = (batch: Buffer): boolean => batch.compare(ZERO_BATCH, 0, batch.length) === 0

function pagesToRead({ target, mayDiffer }: Scan, first: number): number[] {
  const pages: number[] = []
  const end = Math.min(first + PAGES_PER_BATCH, target.pageCount)
  for (let page = first; page < end; page += 1) if (mayDiffer(page)) pages.push(page)
  return pages
}

type Batch = { first: number; ours: Buffer; theirs: Buffer }

function compareBatch({ offset }: Scan, pages: number[], { first, ours, theirs }: Batch, into: ChangedPages): void {
  for (const page of pages) {
    const at = (page - first) * PAGE_BYTES
    const bytes = ours.subarray(at, at + PAGE_BYTES)
    if (bytes.equals(theirs.subarray(at, at + PAGE_BYTES))) continue
    if (isZeroPage(bytes)) into.zeros.push(page + offset)
    else addPage(page + offset, bytes, into)
  }
}

function addFilled(
  { offset }: Scan,
  pages: number[],
  { first, ours }: Omit<Batch, 'theirs'>,
  into: ChangedPages,
): void {
  for (const page of pages) {
    const at = (page - first) * PAGE_BYTES
    const bytes = ours.subarray(at, at + PAGE_BYTES)
    if (!isZeroPage(bytes)) addPage(page + offset, bytes, into)
  }
}

function addPage(page: number, bytes: Buffer, into: ChangedPages): void {
  into.filled.push(page)
  into.hashes.push(hashPage(bytes))
}
