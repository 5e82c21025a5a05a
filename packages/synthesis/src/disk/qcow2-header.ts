/**
 * The qcow2 header, parsed before any tool opens an image. Source: QEMU 10.0, docs/interop/qcow2.rst ("Header").
 * All numbers are big-endian.
 */
import { SynthesisError } from '../error.ts'

export const QCOW2_MAGIC = 0x514649fb
export const HEADER_V3_BYTES = 104
const HEADER_V2_BYTES = 72

export const INCOMPATIBLE = { dirty: 1n, corrupt: 2n, dataFile: 4n, compression: 8n, extendedL2: 16n } as const
export const EXTENSION = { end: 0, backingFormat: 0xe2792aca, dataFile: 0x44415441 } as const

export type Qcow2Header = {
  version: 2 | 3
  clusterBits: number
  sizeBytes: number
  l1: { offset: number; entries: number }
  refcountTable: { offset: number; clusters: number }
  snapshots: number
  hasBackingFile: boolean
  hasDataFile: boolean
  isEncrypted: boolean
  incompatible: bigint
}

/** What a header may claim before it is believed (QEMU's own limits: 32 MiB of L1, 8 MiB of refcount table). */
const LIMITS = { minClusterBits: 9, maxClusterBits: 21, l1Entries: (32 << 20) / 8, refcountTableBytes: 8 << 20 }

/** `head` is the first cluster or as much of it as there is (at most 64 KiB are looked at). */
export function parseQcow2Header(head: Buffer): Qcow2Header {
  if (head.length < 4 || head.readUInt32BE(0) !== QCOW2_MAGIC) throw refuse('disk_not_an_image', 'it is no qcow2 image')
  if (head.length < HEADER_V2_BYTES) throw refuse('disk_truncated', 'its header is cut off')
  const version = head.readUInt32BE(4)
  if (version !== 2 && version !== 3) throw refuse('disk_unsupported', `qcow2 version ${version} is unknown`)
  if (version === 3 && head.length < HEADER_V3_BYTES) throw refuse('disk_truncated', 'its header is cut off')
  const incompatible = version === 3 ? head.readBigUInt64BE(72) : 0n
  const header: Qcow2Header = {
    version,
    clusterBits: head.readUInt32BE(20),
    sizeBytes: toNumber(head.readBigUInt64BE(24)),
    l1: { entries: head.readUInt32BE(36), offset: toNumber(head.readBigUInt64BE(40)) },
    refcountTable: { offset: toNumber(head.readBigUInt64BE(48)), clusters: head.readUInt32BE(56) },
    snapshots: head.readUInt32BE(60),
    hasBackingFile: head.readBigUInt64BE(8) !== 0n || head.readUInt32BE(16) !== 0,
    hasDataFile: (incompatible & INCOMPATIBLE.dataFile) !== 0n || hasDataFileExtension(head, version),
    isEncrypted: head.readUInt32BE(32) !== 0,
    incompatible,
  }
  checkGeometry(header)
  return header
}

function checkGeometry({ clusterBits, sizeBytes, l1, refcountTable }: Qcow2Header): void {
  if (clusterBits < LIMITS.minClusterBits || clusterBits > LIMITS.maxClusterBits) {
    throw refuse('disk_unsupported', `clusters of 2^${clusterBits} bytes are not allowed`)
  }
  const neededEntries = Math.ceil(sizeBytes / 2 ** (2 * clusterBits - 3))
  if (l1.entries > LIMITS.l1Entries || neededEntries > LIMITS.l1Entries) {
    throw refuse('disk_too_large', 'its L1 table is larger than 32 MiB')
  }
  if (l1.entries < neededEntries) throw refuse('disk_unsupported', 'its L1 table does not cover the disk')
  if (refcountTable.clusters * 2 ** clusterBits > LIMITS.refcountTableBytes) {
    throw refuse('disk_too_large', 'its refcount table is larger than 8 MiB')
  }
}

function hasDataFileExtension(head: Buffer, version: number): boolean {
  let at = version === 3 ? head.readUInt32BE(100) : HEADER_V2_BYTES
  while (at >= HEADER_V2_BYTES && at + 8 <= head.length) {
    const type = head.readUInt32BE(at)
    if (type === EXTENSION.dataFile) return true
    if (type === EXTENSION.end) return false
    at += 8 + Math.ceil(head.readUInt32BE(at + 4) / 8) * 8
  }
  return false
}

function toNumber(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw refuse('disk_too_large', 'a size or an offset is out of range')
  return Number(value)
}

export const refuse = (code: SynthesisError['code'], reason: string) =>
  new SynthesisError(code, `The disk image is refused: ${reason}`)
