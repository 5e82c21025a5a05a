import { closeSync, fstatSync, openSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { INCOMPATIBLE, refuse } from './qcow2-header.ts'
import { clustersOf, clusterTables, readQcow2File } from './qcow2-map.ts'
import type { Qcow2File } from './qcow2-map.ts'

export type DiskInspection = {
  format: 'qcow2'
  version: 2 | 3
  virtualSizeBytes: number
  clusterBytes: number
  allocatedBytes: number
}

/** The largest disk that is accepted, in bytes as the guest sees them. */
export type DiskQuota = { maxVirtualBytes: number }

const MAX_BUSY_MS = 5

/**
 * Looks at an image from elsewhere before any tool opens it: a qcow2 image that stands alone, is whole, and whose disk
 * is within the quota. Rejects with SynthesisError and a `disk_...` code otherwise. Reads tables only, one at a time.
 */
export async function inspectDisk(path: string, { maxVirtualBytes }: DiskQuota): Promise<DiskInspection> {
  const fd = openSync(path, 'r')
  try {
    if (!fstatSync(fd).isFile()) throw refuse('disk_not_an_image', 'it is not a file')
    return await inspectFile(fd, maxVirtualBytes)
  } finally {
    closeSync(fd)
  }
}

async function inspectFile(fd: number, maxVirtualBytes: number): Promise<DiskInspection> {
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
  const allocatedBytes = (await countClusters(file)) * clusterBytes
  const { version, sizeBytes: virtualSizeBytes } = header
  return { format: 'qcow2', version, virtualSizeBytes, clusterBytes, allocatedBytes }
}

/** Tables of a large disk take seconds: others in this process go on meanwhile. */
async function countClusters(file: Qcow2File): Promise<number> {
  let count = 0
  let restedAtMs = performance.now()
  for (const table of clusterTables(file)) {
    for (const _ of clustersOf(file, table)) count += 1
    if (performance.now() - restedAtMs < MAX_BUSY_MS) continue
    await setImmediate()
    restedAtMs = performance.now()
  }
  return count
}
