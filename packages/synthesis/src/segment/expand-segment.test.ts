import { noPages } from '../disk/page-reader.ts'
import { PAGE_BYTES } from '../page.ts'
import { Stopwatch } from '../stopwatch.ts'
import { SegmentExpander } from './expand-segment.ts'
import type { PageSink } from './page-sink.ts'
import type { PageRecord } from './records.ts'
import { writeSegment } from './records.ts'

const pages = { memoryPages: 1000, diskPages: 10 }
const literal = Buffer.alloc(PAGE_BYTES, 5)

/** Keeps which pages were written, and with how many bytes at once. */
function recorder(): PageSink & { written: string[] } {
  const written: string[] = []
  return {
    written,
    write: (firstPage, bytes) => void written.push(`${firstPage}+${bytes.length / PAGE_BYTES}`),
    writeZeros: (firstPage, pageCount) => void written.push(`${firstPage}+${pageCount} zero`),
    settle: () => undefined,
  }
}

function expander() {
  const sinks = { memory: recorder(), disk: recorder() }
  const base = noPages(pages.memoryPages + pages.diskPages)
  const made = new SegmentExpander({ pages, base, sinks, code: 'overlay_corrupt', stopwatch: new Stopwatch() })
  return { sinks, expand: (...records: PageRecord[]) => made.expand(writeSegment(records, literal)) }
}

describe('expanding a segment', () => {
  it('goes in batches and parts at the border of memory and disk', async () => {
    const { sinks, expand } = expander()
    await expand({ kind: 'repeat', firstPage: 700, pageCount: 305, source: 0 })
    expect(sinks.memory.written).toEqual(['700+256', '956+44'])
    expect(sinks.disk.written).toEqual(['0+5'])
  })

  it('reads the base where the record says, also across its border', async () => {
    const { sinks, expand } = expander()
    await expand({ kind: 'base', firstPage: 0, pageCount: 3, source: 998 })
    expect(sinks.memory.written).toEqual(['0+3'])
  })

  it('refuses a page for the second time, in the same segment and in a later one', async () => {
    const { expand } = expander()
    const zeros = { kind: 'zero', firstPage: 5, pageCount: 3, source: 0 } as const
    await expand(zeros)
    await expect(expand({ ...zeros, firstPage: 7 })).rejects.toMatchObject({ code: 'overlay_corrupt' })
    const again = { ...zeros, firstPage: 20 }
    await expect(expand(again, again)).rejects.toMatchObject({ code: 'overlay_corrupt' })
  })
})
