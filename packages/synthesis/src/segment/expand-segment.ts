/** expand: the records of a segment become pages in the sinks of the two spaces, a batch at a time. */
import type { SynthesisErrorCode } from '../error.ts'
import { SynthesisError } from '../error.ts'
import { giveBack } from '../give-back.ts'
import type { PageNumbering, Space } from '../page.ts'
import { PAGE_BYTES, PAGES_PER_BATCH, totalPages } from '../page.ts'
import type { PageReader } from '../disk/page-reader.ts'
import type { Stopwatch } from '../stopwatch.ts'
import type { PageSink } from './page-sink.ts'
import { PageSet } from './page-set.ts'
import type { PageRecord, ParsedSegment } from './records.ts'
import { parseSegment } from './records.ts'

export type Expansion = {
  pages: PageNumbering
  /** Both spaces of the base as one row of pages; undefined when a base itself is expanded. */
  base: PageReader | undefined
  sinks: Record<Space, PageSink>
  code: SynthesisErrorCode
  stopwatch: Stopwatch
}

export class SegmentExpander {
  readonly #expansion: Expansion
  readonly #written: PageSet

  constructor(expansion: Expansion) {
    this.#expansion = expansion
    this.#written = new PageSet(totalPages(expansion.pages))
  }

  /** Takes `raw` over: when it is expanded its memory is given back. */
  async expand(raw: Buffer): Promise<void> {
    const { pages, base, code } = this.#expansion
    const limits = { pages: totalPages(pages), basePages: base?.pageCount ?? 0 }
    const segment = parseSegment(raw, limits, code)
    for (const record of segment.records) {
      this.#claim(record)
      for (const part of splitRecord(record, pages.memoryPages)) await this.#expandPart(part, segment)
    }
    giveBack(raw)
  }

  /** Each page is written at most once: this bounds the work that any overlay can ask for. */
  #claim({ firstPage, pageCount }: PageRecord): void {
    if (this.#written.addRun(firstPage, pageCount)) return
    throw new SynthesisError(this.#expansion.code, `Pages at ${firstPage} are written twice`)
  }

  async #expandPart(record: PageRecord, segment: ParsedSegment): Promise<void> {
    const { pages, sinks, stopwatch } = this.#expansion
    const isMemory = record.firstPage < pages.memoryPages
    const sink = isMemory ? sinks.memory : sinks.disk
    const firstPage = isMemory ? record.firstPage : record.firstPage - pages.memoryPages
    stopwatch.time('expand', () => {
      if (record.kind === 'zero') sink.writeZeros(firstPage, record.pageCount)
      else sink.write(firstPage, this.#bytesOf(record, segment))
    })
    const settled = sink.settle()
    if (settled) await stopwatch.timeAsync(isMemory ? 'emit' : 'disk', settled)
  }

  #bytesOf({ kind, source, pageCount }: PageRecord, { literals }: ParsedSegment): Buffer {
    const start = source * PAGE_BYTES
    if (kind === 'literal') return literals.subarray(start, start + pageCount * PAGE_BYTES)
    const bytes = Buffer.allocUnsafe(pageCount * PAGE_BYTES)
    if (kind === 'base') this.#expansion.base!.readSync(source, bytes)
    else bytes.fill(literals.subarray(start, start + PAGE_BYTES))
    return bytes
  }
}

/** Parts of at most a batch, none of which crosses from memory into the disk. */
function* splitRecord(record: PageRecord, memoryPages: number): Generator<PageRecord> {
  let done = 0
  while (done < record.pageCount) {
    const firstPage = record.firstPage + done
    const untilDisk = firstPage < memoryPages ? memoryPages - firstPage : Infinity
    const pageCount = Math.min(record.pageCount - done, PAGES_PER_BATCH, untilDisk)
    const source = record.kind === 'base' || record.kind === 'literal' ? record.source + done : record.source
    yield { ...record, firstPage, pageCount, source }
    done += pageCount
  }
}
