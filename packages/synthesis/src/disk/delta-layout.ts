/** The fixed parts of a delta image: its header and its refcounts. Source: QEMU 10.0, docs/interop/qcow2.rst. */
import { SynthesisError } from '../error.ts'
import { PAGE_BYTES } from '../page.ts'
import { EXTENSION, HEADER_V3_BYTES, QCOW2_MAGIC } from './qcow2-header.ts'

const CLUSTER_BITS = 12
/** 16-bit refcounts */
const REFCOUNT_ORDER = 4
const REFCOUNTS_PER_BLOCK = PAGE_BYTES / 2
const BLOCKS_PER_TABLE_CLUSTER = PAGE_BYTES / 8
const MAX_BACKING_NAME_BYTES = 1023

export type DeltaHeader = {
  sizeBytes: number
  basePath: string
  l1Entries: number
  refcountTable: { offset: number; clusters: number }
}

export function deltaHeader({ sizeBytes, basePath, l1Entries, refcountTable }: DeltaHeader): Buffer {
  const header = Buffer.alloc(PAGE_BYTES)
  const name = Buffer.from(basePath)
  if (name.length > MAX_BACKING_NAME_BYTES) throw new SynthesisError('disk_unsupported', 'The base has too long a path')
  const nameOffset = writeBackingFormat(header, HEADER_V3_BYTES)
  name.copy(header, nameOffset)
  header.writeUInt32BE(QCOW2_MAGIC, 0)
  header.writeUInt32BE(3, 4)
  header.writeBigUInt64BE(BigInt(nameOffset), 8)
  header.writeUInt32BE(name.length, 16)
  header.writeUInt32BE(CLUSTER_BITS, 20)
  header.writeBigUInt64BE(BigInt(sizeBytes), 24)
  header.writeUInt32BE(l1Entries, 36)
  header.writeBigUInt64BE(BigInt(PAGE_BYTES), 40)
  header.writeBigUInt64BE(BigInt(refcountTable.offset), 48)
  header.writeUInt32BE(refcountTable.clusters, 56)
  header.writeUInt32BE(REFCOUNT_ORDER, 96)
  header.writeUInt32BE(HEADER_V3_BYTES, 100)
  return header
}

/** The extension `raw`, padded to 8 bytes, then the end of the extensions; returns the offset behind them. */
function writeBackingFormat(header: Buffer, at: number): number {
  header.writeUInt32BE(EXTENSION.backingFormat, at)
  header.writeUInt32BE(3, at + 4)
  header.write('raw', at + 8, 'latin1')
  return at + 24
}

/** Refcount blocks and their table for a file that has no hole up to `end`, where they are put; they count too. */
export function refcountArea(end: number): { bytes: Buffer; tableOffset: number; tableClusters: number } {
  const clusters = end / PAGE_BYTES
  const { blocks, tableClusters } = countRefcountClusters(clusters)
  const total = clusters + blocks + tableClusters
  const bytes = Buffer.alloc((blocks + tableClusters) * PAGE_BYTES)
  for (let cluster = 0; cluster < total; cluster += 1) bytes.writeUInt16BE(1, cluster * 2)
  for (let block = 0; block < blocks; block += 1) {
    bytes.writeBigUInt64BE(BigInt(end + block * PAGE_BYTES), blocks * PAGE_BYTES + block * 8)
  }
  return { bytes, tableOffset: end + blocks * PAGE_BYTES, tableClusters }
}

function countRefcountClusters(clusters: number): { blocks: number; tableClusters: number } {
  let blocks = 0
  let tableClusters = 1
  for (;;) {
    const needed = Math.ceil((clusters + blocks + tableClusters) / REFCOUNTS_PER_BLOCK)
    const neededTable = Math.ceil(needed / BLOCKS_PER_TABLE_CLUSTER)
    if (needed === blocks && neededTable === tableClusters) return { blocks, tableClusters }
    blocks = needed
    tableClusters = neededTable
  }
}
