/** The main RAM block while it is captured: a sparse file in which every page lies at its own offset. */
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { SynthesisError } from '../error.ts'
import { PAGE_BYTES, PAGES_PER_BATCH, pagesOf } from '../page.ts'

const UNSEEN = 0
const ZERO = 1
const DATA = 2

/**
 * Neighbouring pages are written together. Writes are synchronous: they go to the page cache at memory speed, and the
 * guest may be paused while we drain the stream.
 */
export class MemorySpool {
  readonly #fd: number
  readonly #states: Uint8Array
  readonly #run = Buffer.allocUnsafeSlow(PAGES_PER_BATCH * PAGE_BYTES)
  #runStart = 0
  #runPages = 0

  constructor(path: string, sizeBytes: number) {
    this.#fd = openSync(path, 'w+', 0o600)
    this.#states = new Uint8Array(pagesOf(sizeBytes))
    ftruncateSync(this.#fd, sizeBytes)
  }

  addPage(offset: number, bytes: Buffer | undefined): void {
    const page = offset / PAGE_BYTES
    const before = this.#states[page]
    if (before === undefined) throw new SynthesisError('stream_invalid', `Main memory has no page at ${offset}`)
    this.#states[page] = bytes ? DATA : ZERO
    if (bytes) this.#append(page, bytes)
    else if (before === DATA) this.#append(page, Buffer.alloc(PAGE_BYTES))
  }

  /** Which pages the source sent: a page it never sent is one the guest said it does not use. */
  wasSent(page: number): boolean {
    return this.#states[page] !== UNSEEN
  }

  isZero(page: number): boolean {
    return this.#states[page] === ZERO
  }

  close(): void {
    this.#flush()
    closeSync(this.#fd)
  }

  #append(page: number, bytes: Buffer): void {
    const isNext = page === this.#runStart + this.#runPages && this.#runPages < PAGES_PER_BATCH
    if (!isNext) {
      this.#flush()
      this.#runStart = page
    }
    bytes.copy(this.#run, this.#runPages * PAGE_BYTES)
    this.#runPages += 1
  }

  #flush(): void {
    const length = this.#runPages * PAGE_BYTES
    for (let done = 0; done < length;) {
      done += writeSync(this.#fd, this.#run, done, length - done, this.#runStart * PAGE_BYTES + done)
    }
    this.#runPages = 0
  }
}
