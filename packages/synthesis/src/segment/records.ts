/**
 * The content of a segment, before compression (docs/formats/overlay.md, "Segments"): a header, records of 16 bytes,
 * then the literal pages that the records name. All numbers are little-endian.
 *
 *   u32 magic "BSG1" | u32 records | records x { u32 kind, u32 firstPage, u32 pageCount, u32 source } | pages
 *
 * A page that occurs more than once is one literal named by several records, so a segment needs nothing but itself
 * and the base to be expanded.
 */
import type { SynthesisErrorCode } from '../error.ts'
import { SynthesisError } from '../error.ts'
import { PAGE_BYTES } from '../page.ts'

export const RECORD_KINDS = {
  /** Zero pages; `source` is 0. */
  zero: 0,
  /** Consecutive pages of the base, from page `source` on (numbered over both spaces). */
  base: 1,
  /** Consecutive literals of this segment, from literal `source` on. */
  literal: 2,
  /** Every page of the run is literal `source`. */
  repeat: 3,
} as const

export type RecordKind = keyof typeof RECORD_KINDS
export type PageRecord = { kind: RecordKind; firstPage: number; pageCount: number; source: number }

const MAGIC = 0x31475342
const HEADER_BYTES = 8
const RECORD_BYTES = 16
const KIND_NAMES = Object.keys(RECORD_KINDS) as RecordKind[]

export type ParsedSegment = { records: PageRecord[]; literals: Buffer }

export function writeSegment(records: readonly PageRecord[], literals: Buffer): Buffer {
  const table = Buffer.alloc(HEADER_BYTES + records.length * RECORD_BYTES)
  table.writeUInt32LE(MAGIC, 0)
  table.writeUInt32LE(records.length, 4)
  records.forEach((record, at) => writeRecord(table, HEADER_BYTES + at * RECORD_BYTES, record))
  return Buffer.concat([table, literals])
}

/** Throws with `code` unless every record stays inside the target, the base and the literals. */
export function parseSegment(raw: Buffer, limits: { pages: number; basePages: number }, code: SynthesisErrorCode) {
  const count = raw.length >= HEADER_BYTES && raw.readUInt32LE(0) === MAGIC ? raw.readUInt32LE(4) : -1
  const tableEnd = HEADER_BYTES + count * RECORD_BYTES
  if (count < 0 || tableEnd > raw.length || (raw.length - tableEnd) % PAGE_BYTES !== 0) {
    throw new SynthesisError(code, 'A segment has no valid header')
  }
  const literals = raw.subarray(tableEnd)
  const sources = {
    zero: Infinity,
    base: limits.basePages,
    literal: literals.length / PAGE_BYTES,
    repeat: literals.length / PAGE_BYTES,
  }
  const records = Array.from({ length: count }, (_, at) => readRecord(raw, HEADER_BYTES + at * RECORD_BYTES))
  for (const record of records) {
    const { kind, firstPage, pageCount, source } = record as PageRecord
    const sourceEnd = source + (kind === 'repeat' ? 1 : pageCount)
    if (kind === undefined || pageCount === 0 || firstPage + pageCount > limits.pages || sourceEnd > sources[kind]) {
      throw new SynthesisError(code, `A segment has an invalid record ${JSON.stringify(record)}`)
    }
  }
  return { records: records as PageRecord[], literals } satisfies ParsedSegment
}

function writeRecord(table: Buffer, at: number, { kind, firstPage, pageCount, source }: PageRecord): void {
  table.writeUInt32LE(RECORD_KINDS[kind], at)
  table.writeUInt32LE(firstPage, at + 4)
  table.writeUInt32LE(pageCount, at + 8)
  table.writeUInt32LE(source, at + 12)
}

const readRecord = (raw: Buffer, at: number) => ({
  kind: KIND_NAMES[raw.readUInt32LE(at)],
  firstPage: raw.readUInt32LE(at + 4),
  pageCount: raw.readUInt32LE(at + 8),
  source: raw.readUInt32LE(at + 12),
})

/** One page and what it is made of; runs of them become records. */
export type PageEntry = { kind: 'zero' | 'base' | 'literal'; page: number; source: number }

/** Merges entries into as few records as possible; the order of pages is that of their numbers. */
export function toRecords(entries: readonly PageEntry[]): PageRecord[] {
  const records: PageRecord[] = []
  for (const entry of entries.toSorted((a, b) => a.page - b.page)) {
    const last = records.at(-1)
    const merged = last && extendRecord(last, entry)
    if (merged) records[records.length - 1] = merged
    else records.push({ kind: entry.kind, firstPage: entry.page, pageCount: 1, source: entry.source })
  }
  return records
}

function extendRecord(record: PageRecord, { kind, page, source }: PageEntry): PageRecord | undefined {
  const { pageCount } = record
  if (record.firstPage + pageCount !== page) return undefined
  const longer = { ...record, pageCount: pageCount + 1 }
  if (kind === 'zero') return record.kind === 'zero' ? longer : undefined
  const isNext = record.kind === kind && record.source + pageCount === source
  if (isNext) return longer
  const isAgain = kind === 'literal' && record.source === source && (record.kind === 'repeat' || pageCount === 1)
  return isAgain && record.kind !== 'base' && record.kind !== 'zero' ? { ...longer, kind: 'repeat' } : undefined
}
