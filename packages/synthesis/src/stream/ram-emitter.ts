/**
 * emit: pages become one part of the RAM section, in buffers of about a megabyte. Their memory is given back when the
 * receiver says that it has written them: it must not keep them.
 */
import type { Writable } from 'node:stream'
import { giveBack } from '../give-back.ts'
import { MAIN_BLOCK } from '../machine.ts'
import { PAGE_BYTES, PAGES_PER_BATCH } from '../page.ts'
import type { PageSink } from '../segment/page-sink.ts'
import { RAM, SECTION } from './format.ts'
import { sectionEnd, sectionHead } from './small-blocks.ts'

const RECORD_BYTES = 8 + PAGE_BYTES
const BUFFER_BYTES = PAGES_PER_BATCH * RECORD_BYTES + 64

export class RamEmitter implements PageSink {
  readonly #out: Writable
  readonly #sectionId: number
  #buffer: Buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES)
  #used = 0
  #pages = 0
  #isFull = false

  constructor(out: Writable, sectionId: number) {
    this.#out = out
    this.#sectionId = sectionId
  }

  get pageCount(): number {
    return this.#pages
  }

  write(firstPage: number, bytes: Buffer): void {
    for (let at = 0; at < bytes.length; at += PAGE_BYTES) {
      this.#putHead(firstPage + at / PAGE_BYTES, RAM.page)
      bytes.copy(this.#buffer, this.#used, at, at + PAGE_BYTES)
      this.#used += PAGE_BYTES
    }
  }

  writeZeros(firstPage: number, pageCount: number): void {
    for (let page = firstPage; page < firstPage + pageCount; page += 1) {
      this.#putHead(page, RAM.zero)
      this.#buffer[this.#used] = 0
      this.#used += 1
    }
  }

  settle(): Promise<void> | undefined {
    return this.#isFull ? this.#whenDrained() : undefined
  }

  /** Ends the section, if there is one, and hands the last bytes on. */
  finish(): Promise<void> | undefined {
    if (this.#pages > 0) this.#used += sectionEnd(this.#sectionId).copy(this.#buffer, this.#used)
    this.#flush()
    return this.settle()
  }

  #putHead(page: number, flags: number): void {
    const isFirst = this.#pages === 0
    if (this.#used + RECORD_BYTES + 64 > BUFFER_BYTES) this.#flush()
    if (isFirst) this.#used += sectionHead(SECTION.part, this.#sectionId).copy(this.#buffer, this.#used)
    const address = page * PAGE_BYTES
    this.#buffer.writeUInt32BE(Math.floor(address / 2 ** 32), this.#used)
    this.#buffer.writeUInt32BE((address % 2 ** 32) + (flags | (isFirst ? 0 : RAM.sameBlock)), this.#used + 4)
    this.#used += 8
    if (isFirst) this.#used += BLOCK_NAME.copy(this.#buffer, this.#used)
    this.#pages += 1
  }

  #flush(): void {
    if (this.#used === 0) return
    const buffer = this.#buffer
    this.#isFull = !this.#out.write(buffer.subarray(0, this.#used), () => giveBack(buffer))
    this.#buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES)
    this.#used = 0
  }

  async #whenDrained(): Promise<void> {
    await drained(this.#out)
    this.#isFull = false
  }
}

const BLOCK_NAME = Buffer.from(`${String.fromCharCode(MAIN_BLOCK.length)}${MAIN_BLOCK}`, 'latin1')

/** Resolves at the next `drain`; rejects when the receiver is gone. */
export function drained(out: Writable): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  if (!out.writableNeedDrain && !out.destroyed) return Promise.resolve()
  if (out.destroyed) return Promise.reject(out.errored ?? new Error('The receiver of the stream is gone'))
  const settle = (act: () => void) => () => {
    out.off('drain', onDrain).off('close', onClose)
    act()
  }
  const onDrain = settle(resolve)
  const onClose = settle(() => reject(out.errored ?? new Error('The receiver of the stream is gone')))
  out.on('drain', onDrain).on('close', onClose)
  return promise
}
