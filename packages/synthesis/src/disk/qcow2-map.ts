/**
 * Where the clusters of a qcow2 image lie. Source: QEMU 10.0, docs/interop/qcow2.rst ("Cluster mapping").
 * Tables are read one at a time and never kept: memory stays small whatever an image claims.
 */
import { fstatSync } from 'node:fs'
import { readFully } from './page-reader.ts'
import { INCOMPATIBLE, parseQcow2Header, refuse } from './qcow2-header.ts'
import type { Qcow2Header } from './qcow2-header.ts'

const HEAD_BYTES = 1 << 16
const OFFSET_MASK = 0x00fffffffffffe00n
const COMPRESSED = 1n << 62n
const ZERO = 1n

export type Qcow2File = { fd: number; fileBytes: number; header: Qcow2Header; clusterBytes: number }
/** `offset` is that in the file; undefined is a cluster of zeros. */
export type Cluster = { index: number; offset: number | undefined; isCompressed: boolean }

export function readQcow2File(fd: number): Qcow2File {
  const fileBytes = fstatSync(fd).size
  const head = Buffer.alloc(Math.min(HEAD_BYTES, fileBytes))
  readFully(fd, head, 0)
  const header = parseQcow2Header(head)
  const file = { fd, fileBytes, header, clusterBytes: 2 ** header.clusterBits }
  mustLieInFile(file, header.l1.offset, header.l1.entries * 8, 'L1 table')
  mustLieInFile(file, header.refcountTable.offset, header.refcountTable.clusters * file.clusterBytes, 'refcount table')
  if ((header.incompatible & INCOMPATIBLE.extendedL2) !== 0n) {
    throw refuse('disk_unsupported', 'it has extended L2 entries')
  }
  return file
}

/** An L2 table: where `firstCluster` of the disk and those after it lie. */
export type ClusterTable = { firstCluster: number; entries: Buffer }

/** The clusters that the image itself holds, in the order of the disk; the others are the backing file's. */
export function* allocatedClusters(file: Qcow2File): Generator<Cluster> {
  for (const table of clusterTables(file)) yield* clustersOf(file, table)
}

export function* clusterTables(file: Qcow2File): Generator<ClusterTable> {
  const entriesPerTable = file.clusterBytes / 8
  const l1 = readTable(file, file.header.l1.offset, file.header.l1.entries * 8)
  let tables = 0
  for (let at = 0; at < file.header.l1.entries; at += 1) {
    const tableOffset = Number(l1.readBigUInt64BE(at * 8) & OFFSET_MASK)
    if (tableOffset === 0) continue
    tables += 1
    if (tables * file.clusterBytes > file.fileBytes) throw refuse('disk_unsupported', 'its L2 tables overlap')
    mustLieInFile(file, tableOffset, file.clusterBytes, 'L2 table')
    yield { firstCluster: at * entriesPerTable, entries: readTable(file, tableOffset, file.clusterBytes) }
  }
}

export function* clustersOf(file: Qcow2File, { firstCluster, entries }: ClusterTable): Generator<Cluster> {
  const count = Math.min(entries.length / 8, Math.ceil(file.header.sizeBytes / file.clusterBytes) - firstCluster)
  for (let entry = 0; entry < count; entry += 1) {
    const cluster = readEntry(file, entries.readBigUInt64BE(entry * 8), firstCluster + entry)
    if (cluster !== undefined) yield cluster
  }
}

function readEntry(file: Qcow2File, entry: bigint, index: number): Cluster | undefined {
  if (entry === 0n) return undefined
  if ((entry & COMPRESSED) !== 0n) return readCompressedEntry(file, entry, index)
  if ((entry & ZERO) !== 0n && file.header.version === 3) return { index, offset: undefined, isCompressed: false }
  const offset = Number(entry & OFFSET_MASK)
  if (offset === 0) return undefined
  mustLieInFile(file, offset, file.clusterBytes, 'data cluster')
  return { index, offset, isCompressed: false }
}

function readCompressedEntry(file: Qcow2File, entry: bigint, index: number): Cluster {
  const offsetBits = BigInt(62 - (file.header.clusterBits - 8))
  const offset = Number(entry & ((1n << offsetBits) - 1n))
  mustLieInFile(file, offset, 1, 'compressed cluster')
  return { index, offset, isCompressed: true }
}

function readTable({ fd }: Qcow2File, offset: number, lengthBytes: number): Buffer {
  const table = Buffer.alloc(lengthBytes)
  readFully(fd, table, offset)
  return table
}

function mustLieInFile(file: Qcow2File, offset: number, lengthBytes: number, what: string): void {
  if (offset + lengthBytes > file.fileBytes) throw refuse('disk_truncated', `a ${what} lies behind its end`)
  const mayBeAnywhere = what === 'compressed cluster' || lengthBytes === 0
  if (!mayBeAnywhere && (offset % file.clusterBytes !== 0 || offset === 0)) {
    throw refuse('disk_unsupported', `a ${what} is not at the start of a cluster`)
  }
}
