import { closeSync, fstatSync, openSync } from 'node:fs'
import { openRawPages, readFully } from './page-reader.ts'
import type { PageReader } from './page-reader.ts'
import { QCOW2_MAGIC } from './qcow2-header.ts'
import type { Qcow2Pages } from './qcow2-pages.ts'
import { openQcow2Pages } from './qcow2-pages.ts'

/** A raw or a qcow2 image, told apart by its first bytes (for images we made ourselves: inspectDisk is for others'). */
export function openImagePages(path: string, backing?: PageReader): Qcow2Pages {
  const { isQcow2, sizeBytes } = probe(path)
  return isQcow2 ? openQcow2Pages(path, backing) : { ...openRawPages(path), sizeBytes, isAllocated: () => true }
}

function probe(path: string): { isQcow2: boolean; sizeBytes: number } {
  const fd = openSync(path, 'r')
  try {
    const magic = Buffer.alloc(4)
    readFully(fd, magic, 0)
    return { isQcow2: magic.readUInt32BE(0) === QCOW2_MAGIC, sizeBytes: fstatSync(fd).size }
  } finally {
    closeSync(fd)
  }
}
