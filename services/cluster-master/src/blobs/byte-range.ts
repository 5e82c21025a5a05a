import type { ByteRange } from './blob-store.ts'

export type RangeAnswer = { kind: 'whole' } | { kind: 'part'; range: ByteRange } | { kind: 'unsatisfiable' }

/**
 * What a Range header asks of `sizeBytes` (RFC 9110, section 14). Several ranges, other units and what is no range at
 * all are answered with the whole, as the RFC allows.
 */
export function readRange(header: string | undefined, sizeBytes: number): RangeAnswer {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? []
  if (first === '' && last === '') return { kind: 'whole' }
  const start = first === '' ? Math.max(0, sizeBytes - Number(last)) : Number(first)
  const end = first === '' || last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1)
  if (first !== '' && last !== '' && Number(last) < Number(first)) return { kind: 'whole' }
  return start < sizeBytes && start <= end ? { kind: 'part', range: { start, end } } : { kind: 'unsatisfiable' }
}

/** `0-99` of a chunk's Content-Range (OCI distribution specification, "Pushing a blob in chunks"). */
export function readChunkRange(header: string): ByteRange | undefined {
  const [, start, end] = /^(\d{1,15})-(\d{1,15})$/.exec(header) ?? []
  if (start === undefined || Number(end) < Number(start)) return undefined
  return { start: Number(start), end: Number(end) }
}
