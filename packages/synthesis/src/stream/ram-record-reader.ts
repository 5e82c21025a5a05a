/** The records of the RAM section: the list of blocks, and the pages of all rounds, which go to a sink. */
import type { RamBlock } from '../machine.ts'
import { PAGE_BYTES } from '../page.ts'
import { INCOMPLETE } from './byte-cursor.ts'
import type { ByteCursor } from './byte-cursor.ts'
import { RAM } from './format.ts'
import { invalidStream } from './invalid-stream.ts'

export type RamSink = {
  addBlocks(blocks: readonly RamBlock[]): void
  /** `bytes` is only valid during the call; undefined is a zero page. */
  addPage(block: string, offset: number, bytes: Buffer | undefined): void
}

export type RamPart = 'start' | 'part' | 'last'

type RamSource = {
  cursor: ByteCursor
  sink: RamSink
  /** Called at the end of what belongs to the state, with where that began. */
  keep(start: number): void
}

const ZERO_FLAGS = RAM.zero | RAM.sameBlock
const PAGE_FLAGS = RAM.page | RAM.sameBlock
const MAX_BLOCKS = 256

export class RamRecordReader {
  readonly #cursor: ByteCursor
  readonly #sink: RamSink
  readonly #keep: RamSource['keep']
  #block: string | undefined

  constructor({ cursor, sink, keep }: RamSource) {
    this.#cursor = cursor
    this.#sink = sink
    this.#keep = keep
  }

  /**
   * The hot loop: one call reads all records that have arrived. Returns at the end of the part; throws INCOMPLETE before
   * it, behind the last whole record.
   */
  read(part: RamPart): void {
    const cursor = this.#cursor
    for (;;) {
      const start = cursor.position
      try {
        if (this.#readRecord(start, part)) return
      } catch (error) {
        if (error === INCOMPLETE) cursor.rewindTo(start)
        throw error
      }
    }
  }

  /** True at the end of the part. */
  #readRecord(start: number, part: RamPart): boolean {
    const header = this.#cursor.u64()
    const flags = header % PAGE_BYTES
    const address = header - flags
    if ((flags & ~PAGE_FLAGS) === 0 && flags & RAM.page) this.#addPage(address, flags, false)
    else if ((flags & ~ZERO_FLAGS) === 0 && flags & RAM.zero) this.#addPage(address, flags, true)
    else if (flags === RAM.sizes && part === 'start') this.#readBlocks(address, start)
    else if (flags === RAM.sizes) throw invalidStream('the sizes of RAM blocks come twice')
    else if (flags === RAM.endOfSection) return this.#end(start, part)
    else if (flags !== RAM.flush)
      throw invalidStream(`a RAM record with flags 0x${flags.toString(16)} is not supported`)
    return false
  }

  #addPage(offset: number, flags: number, isZero: boolean): void {
    const name = flags & RAM.sameBlock ? this.#block : this.#cursor.text(this.#cursor.u8())
    if (name === undefined) throw invalidStream('a page belongs to no block')
    const bytes = this.#cursor.bytes(isZero ? 1 : PAGE_BYTES)
    if (isZero && bytes[0] !== 0) throw invalidStream('a page is filled with something else than zero')
    this.#block = name
    this.#sink.addPage(name, offset, isZero ? undefined : bytes)
  }

  #readBlocks(totalBytes: number, start: number): void {
    const blocks: RamBlock[] = []
    for (let sum = 0; sum < totalBytes; sum += blocks.at(-1)!.sizeBytes) {
      const name = this.#cursor.text(this.#cursor.u8())
      blocks.push({ name, sizeBytes: this.#cursor.u64() })
      if (blocks.length > MAX_BLOCKS || blocks.at(-1)!.sizeBytes === 0) {
        throw invalidStream('its RAM blocks are not sane')
      }
    }
    this.#sink.addBlocks(blocks)
    this.#keep(start)
  }

  #end(start: number, part: RamPart): true {
    if (part === 'start') this.#keep(start)
    return true
  }
}
