/** A qcow2 image as a row of pages; what it does not hold itself is read from its backing pages. */
import { closeSync, openSync } from 'node:fs'
import { PAGE_BYTES, pagesOf } from '../page.ts'
import type { PageReader } from './page-reader.ts'
import { noPages, readFully } from './page-reader.ts'
import { INCOMPATIBLE, refuse } from './qcow2-header.ts'
import type { Qcow2File } from './qcow2-map.ts'
import { allocatedClusters, readQcow2File } from './qcow2-map.ts'

export type Qcow2Pages = PageReader & { isAllocated(page: number): boolean; sizeBytes: number }

const ZEROS = 1

/** `backing` stands for the backing file, whichever name the image gives to it; without one there must be none. */
export function openQcow2Pages(path: string, backing?: PageReader): Qcow2Pages {
  const fd = openSync(path, 'r')
  try {
    const file = readQcow2File(fd)
    checkReadable(file, backing !== undefined)
    return toPages(file, backing ?? noPages(pagesOf(file.header.sizeBytes)))
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

function checkReadable({ header }: Qcow2File, hasBacking: boolean): void {
  if (header.hasBackingFile && !hasBacking) throw refuse('disk_has_backing_file', 'it names a backing file')
  if (header.hasDataFile) throw refuse('disk_has_data_file', 'it names an external data file')
  if (header.isEncrypted) throw refuse('disk_encrypted', 'it is encrypted')
  if (header.clusterBits < 12) throw refuse('disk_unsupported', 'its clusters are smaller than a page')
  // A dirty image only has refcounts to repair: the mapping itself is written in order.
  const readable = INCOMPATIBLE.dirty | INCOMPATIBLE.compression
  if ((header.incompatible & ~readable) !== 0n) throw refuse('disk_unsupported', 'it needs an unknown feature')
}

function toPages(file: Qcow2File, backing: PageReader): Qcow2Pages {
  const offsets = mapClusters(file)
  const { fd, clusterBytes } = file
  const offsetOf = (page: number): number | undefined => {
    const offset = offsets.get(Math.floor((page * PAGE_BYTES) / clusterBytes))
    return offset === undefined || offset === ZEROS ? offset : offset + ((page * PAGE_BYTES) % clusterBytes)
  }
  const readPage = (page: number, into: Buffer) => {
    const offset = offsetOf(page)
    if (offset === undefined) backing.readSync(page, into)
    else if (offset === ZEROS) into.fill(0)
    else readFully(fd, into, offset)
  }
  return {
    pageCount: pagesOf(file.header.sizeBytes),
    sizeBytes: file.header.sizeBytes,
    isAllocated: (page) => offsetOf(page) !== undefined,
    readSync: (firstPage, into) => {
      for (let at = 0; at < into.length; at += PAGE_BYTES) {
        readPage(firstPage + at / PAGE_BYTES, into.subarray(at, at + PAGE_BYTES))
      }
    },
    close: () => closeSync(fd),
  }
}

function mapClusters(file: Qcow2File): Map<number, number> {
  const offsets = new Map<number, number>()
  for (const { index, offset, isCompressed } of allocatedClusters(file)) {
    if (isCompressed) throw refuse('disk_unsupported', 'it has compressed clusters')
    offsets.set(index, offset ?? ZEROS)
  }
  return offsets
}
