import { hashPage } from '../base/page-hashes.ts'
import type { PageReader } from '../disk/page-reader.ts'
import { MAX_SEGMENT_RAW_BYTES } from '../artifact/layer-index.ts'
import { PAGE_BYTES } from '../page.ts'
import { PageSet } from '../segment/page-set.ts'
import { parseSegment } from '../segment/records.ts'
import type { RawSegment } from './build-segments.ts'
import { buildSegments } from './build-segments.ts'
import { findCopies } from './find-copies.ts'
import { ChangedPages } from './scan-pages.ts'

/** Pages that hold nothing but the number that `contentOf` gives to them. */
const pagesHolding = (pageCount: number, contentOf: (page: number) => number): PageReader => ({
  pageCount,
  readSync: (firstPage, into) => {
    for (let at = 0; at < into.length; at += PAGE_BYTES)
      into.fill(contentOf(firstPage + at / PAGE_BYTES), at, at + PAGE_BYTES)
  },
  close: () => undefined,
})

async function build(target: PageReader, memoryPages: number, pages: Iterable<number>): Promise<RawSegment[]> {
  const changed = new ChangedPages()
  const one = Buffer.alloc(PAGE_BYTES)
  for (const page of pages) {
    target.readSync(page, one)
    changed.filled.push(page)
    changed.hashes.push(hashPage(one))
  }
  const copies = await findCopies({ pages: changed.filled.toArray(), hashes: changed.hashes.toArray(), target })
  return [...buildSegments({ changed, copies, target, memoryPages })]
}

const parse = ({ raw }: RawSegment, pages: number) => parseSegment(raw, { pages, basePages: 0 }, 'overlay_corrupt')

describe('segments', () => {
  it('stay small when one content is nearly everywhere, and name each page once', async () => {
    const pageCount = 100_000
    const scattered = Array.from({ length: pageCount / 2 }, (_, at) => at * 2)
    const segments = await build(
      pagesHolding(pageCount, () => 7),
      pageCount,
      scattered,
    )
    const named = new PageSet(pageCount)
    for (const segment of segments) {
      expect(segment.raw.length).toBeLessThan(MAX_SEGMENT_RAW_BYTES)
      for (const { firstPage, pageCount: count } of parse(segment, pageCount).records) {
        expect(named.addRun(firstPage, count)).toBe(true)
      }
    }
    expect(scattered.every((page) => named.has(page))).toBe(true)
  })

  it('hold a page of both spaces once, where memory needs it', async () => {
    const segments = await build(
      pagesHolding(8, (page) => [1, 2, 3, 4, 2, 9, 1, 9][page]!),
      4,
      Array(8).keys(),
    )
    expect(segments.map(({ space }) => space)).toEqual(['memory', 'disk'])
    const [memory, disk] = segments.map((segment) => parse(segment, 8))
    expect(memory!.literals).toHaveLength(4 * PAGE_BYTES)
    expect(memory!.records).toEqual([
      { kind: 'literal', firstPage: 0, pageCount: 4, source: 0 },
      { kind: 'literal', firstPage: 4, pageCount: 1, source: 1 },
      { kind: 'literal', firstPage: 6, pageCount: 1, source: 0 },
    ])
    expect(disk!.literals).toHaveLength(PAGE_BYTES)
  })

  it('do not take a page for a copy because its hash is the same', async () => {
    const target = pagesHolding(3, (page) => page + 1)
    const copies = await findCopies({ pages: Uint32Array.of(0, 1, 2), hashes: Uint32Array.of(5, 5, 5), target })
    expect([...copies.leader]).toEqual([0, 1, 2])
  })
})
