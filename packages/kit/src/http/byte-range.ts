/** Both ends count. */
export interface ByteRange {
  start: number
  end: number
}

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
