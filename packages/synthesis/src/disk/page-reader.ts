/** A row of pages that can be read: a raw file, a qcow2 image, nothing, or several of these one after another. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { PAGE_BYTES, pagesOf } from '../page.ts'

/**
 * Reads are synchronous: they hit the page cache (bases are kept there), and one costs 3 microseconds where an
 * asynchronous one costs thirty. The caller pauses between batches.
 */
export type PageReader = {
  pageCount: number
  /** Fills `into`, a multiple of a page; what lies behind the end of the file is zero. */
  readSync(firstPage: number, into: Buffer): void
  close(): void
}

export function openRawPages(path: string): PageReader {
  const fd = openSync(path, 'r')
  return {
    pageCount: pagesOf(fstatSync(fd).size),
    readSync: (firstPage, into) => readFully(fd, into, firstPage * PAGE_BYTES),
    close: () => closeSync(fd),
  }
}

export const noPages = (pageCount: number): PageReader => ({
  pageCount,
  readSync: (_firstPage, into) => void into.fill(0),
  close: () => undefined,
})

export function joinPages(first: PageReader, second: PageReader): PageReader {
  return {
    pageCount: first.pageCount + second.pageCount,
    readSync: (firstPage, into) => {
      const ofFirst = Math.max(0, Math.min(first.pageCount - firstPage, into.length / PAGE_BYTES)) * PAGE_BYTES
      if (ofFirst > 0) first.readSync(firstPage, into.subarray(0, ofFirst))
      if (ofFirst === into.length) return
      second.readSync(Math.max(0, firstPage - first.pageCount), into.subarray(ofFirst))
    },
    close: () => {
      first.close()
      second.close()
    },
  }
}

export function readFully(fd: number, into: Buffer, position: number): void {
  let done = 0
  while (done < into.length) {
    const read = readSync(fd, into, done, into.length - done, position + done)
    if (read === 0) break
    done += read
  }
  if (done < into.length) into.fill(0, done)
}
