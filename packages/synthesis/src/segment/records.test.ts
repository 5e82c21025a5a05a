import fc from 'fast-check'
import { SynthesisError } from '../error.ts'
import { PAGE_BYTES } from '../page.ts'
import type { PageEntry, PageRecord } from './records.ts'
import { parseSegment, toRecords, writeSegment } from './records.ts'

const LITERALS = 4
const LIMITS = { pages: 64, basePages: 64 }
const literals = Buffer.concat(Array.from({ length: LITERALS }, (_, at) => Buffer.alloc(PAGE_BYTES, at + 1)))

const entry: fc.Arbitrary<PageEntry> = fc.oneof(
  fc.record({ kind: fc.constant('zero' as const), page: fc.nat(63), source: fc.constant(0) }),
  fc.record({ kind: fc.constant('base' as const), page: fc.nat(63), source: fc.nat(63) }),
  fc.record({ kind: fc.constant('literal' as const), page: fc.nat(63), source: fc.nat(LITERALS - 1) }),
)
const entries = fc.uniqueArray(entry, { selector: ({ page }) => page, maxLength: 64 })

/** What a reader makes of the records, page by page. */
const spell = (records: readonly PageRecord[]): PageEntry[] =>
  records.flatMap(({ kind, firstPage, pageCount, source }) =>
    Array.from({ length: pageCount }, (_, at) => ({
      kind: kind === 'repeat' ? ('literal' as const) : kind,
      page: firstPage + at,
      source: kind === 'zero' || kind === 'repeat' ? source : source + at,
    })),
  )

describe('a segment', () => {
  it('reads as it was written', () => {
    fc.assert(
      fc.property(entries, (list) => {
        const { records, literals: found } = parseSegment(
          writeSegment(toRecords(list), literals),
          LIMITS,
          'overlay_corrupt',
        )
        expect(spell(records)).toEqual(list.toSorted((a, b) => a.page - b.page))
        expect(found.equals(literals)).toBe(true)
      }),
    )
  })

  it.each<[string, PageEntry[], number]>([
    ['zeros', [0, 1, 2].map((page) => ({ kind: 'zero', page, source: 0 })), 1],
    ['literals one after another', [0, 1, 2].map((page) => ({ kind: 'literal', page, source: page })), 1],
    ['one literal again and again', [0, 1, 2].map((page) => ({ kind: 'literal', page, source: 3 })), 1],
    ['a run of the base', [4, 5, 6].map((page) => ({ kind: 'base', page, source: page + 9 })), 1],
    ['pages apart', [0, 2].map((page) => ({ kind: 'zero', page, source: 0 })), 2],
  ])('merges %s', (_what, list, records) => {
    expect(toRecords(list)).toHaveLength(records)
  })

  it.each<[string, PageRecord]>([
    ['a page behind the end', { kind: 'zero', firstPage: 63, pageCount: 2, source: 0 }],
    ['a page that no base has', { kind: 'base', firstPage: 0, pageCount: 2, source: 63 }],
    ['a literal that is not there', { kind: 'literal', firstPage: 0, pageCount: 2, source: LITERALS - 1 }],
    ['a repetition of a literal that is not there', { kind: 'repeat', firstPage: 0, pageCount: 1, source: LITERALS }],
    ['an empty run', { kind: 'zero', firstPage: 0, pageCount: 0, source: 0 }],
    ['a count that overflows', { kind: 'zero', firstPage: 0xffffffff, pageCount: 0xffffffff, source: 0 }],
  ])('refuses %s', (_what, record) => {
    expect(() => parseSegment(writeSegment([record], literals), LIMITS, 'overlay_corrupt')).toThrow(SynthesisError)
  })

  it('is refused or understood whatever its bytes are', () => {
    const whole = writeSegment(toRecords([{ kind: 'literal', page: 3, source: 1 }]), literals)
    const change = fc.array(fc.tuple(fc.nat(24), fc.nat(255)), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(change, fc.nat(whole.length), (changes, length) => {
        const bytes = Buffer.from(whole)
        for (const [at, value] of changes) bytes[at] = value
        for (const hostile of [bytes, bytes.subarray(0, length)]) {
          try {
            parseSegment(hostile, LIMITS, 'overlay_corrupt')
          } catch (error) {
            expect(error).toBeInstanceOf(SynthesisError)
          }
        }
      }),
    )
  })
})
