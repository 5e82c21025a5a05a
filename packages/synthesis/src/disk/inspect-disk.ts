import { closeSync, fstatSync, openSync } from 'node:fs'
import { INCOMPATIBLE, refuse } from './qcow2-header.ts'
import { allocatedClusters, readQcow2File } from './qcow2-map.ts'

export type DiskInspection = {
  format: 'qcow2'
  version: 2 | 3
  virtualSizeBytes: number
  clusterBytes: number
  allocatedBytes: number
}

/**
 * Looks at an image from elsewhere before any tool opens it: a qcow2 image that stands alone, is whole, and whose disk
 * is within the quota. Throws SynthesisError with a `disk_...` code otherwise. Reads tables only, one at a time.
 */
export function inspectDisk(path: string, { maxVirtualBytes }: { maxVirtualBytes: number }): DiskInspection {
  const fd = openSync(path, 'r')
  try {
    if (!fstatSync(fd).isFile()) throw refuse('disk_not_an_image', 'it is not a file')
    return inspectFile(fd, maxVirtualBytes)
  } finally {
    closeSync(fd)
  }
}

function inspectFile(fd: number, maxVirtualBytes: number): DiskInspection {
  const file = readQcow2File(fd)
  const { header, clusterBytes } = file
  if (header.hasBackingFile) throw refuse('disk_has_backing_file', 'it names a backing file')
  if (header.hasDataFile) throw refuse('disk_has_data_file', 'it names an external data file')
  if (header.isEncrypted) throw refuse('disk_encrypted', 'it is encrypted')
  if (header.snapshots > 0) throw refuse('disk_unsupported', 'it holds internal snapshots')
  if ((header.incompatible & ~INCOMPATIBLE.compression) !== 0n) {
    throw refuse('disk_unsupported', 'it is marked dirty or corrupt, or needs a feature that is unknown')
  }
  if (header.sizeBytes === 0 || header.sizeBytes > maxVirtualBytes) {
    throw refuse('disk_too_large', `its disk has ${header.sizeBytes} bytes, allowed are 1 to ${maxVirtualBytes}`)
  }
  let allocated = 0
  for (const _ of allocatedClusters(file)) allocated += 1
  const { version, sizeBytes: virtualSizeBytes } = header
  return { format: 'qcow2', version, virtualSizeBytes, clusterBytes, allocatedBytes: allocated * clusterBytes }
}
