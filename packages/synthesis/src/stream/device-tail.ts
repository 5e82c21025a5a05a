/**
 * The end of a stream: device sections, whose length only QEMU's own code knows, then `00`, `06`, a length and a
 * JSON description of that length, with which the stream ends. Where it ends is needed while it still arrives, because
 * the source waits for our answer. So every place that looks like the beginning of the description is remembered, and
 * the stream is complete when one of them ends exactly where the bytes do. A guest that forges the pattern in a device's
 * buffer gains nothing: an answer that comes too early does no harm, and bytes that follow make it incomplete again.
 */
import { SynthesisError } from '../error.ts'
import { SECTION } from './format.ts'

const MAX_TAIL_BYTES = 128 << 20
/** 7e, u32 section id, 00, 06, u32 length, then `{"` */
const BEFORE_JSON_BYTES = 11

export class DeviceTail {
  readonly #chunks: Buffer[] = []
  #length = 0
  /** The last bytes, so that a pattern across two chunks is found. */
  #overlap: Buffer = Buffer.alloc(0)
  #ends = new Set<number>()

  append(chunk: Buffer): void {
    if (chunk.length === 0) return
    if (this.#length + chunk.length > MAX_TAIL_BYTES) {
      throw new SynthesisError('stream_invalid', `The device state is larger than ${MAX_TAIL_BYTES} bytes`)
    }
    this.#chunks.push(Buffer.from(chunk))
    this.#search(Buffer.concat([this.#overlap, chunk]))
    this.#length += chunk.length
  }

  get isComplete(): boolean {
    return this.#ends.has(this.#length)
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  #search(window: Buffer): void {
    const windowStart = this.#length - this.#overlap.length
    for (let at = window.indexOf('{"'); at !== -1; at = window.indexOf('{"', at + 1)) {
      if (at < BEFORE_JSON_BYTES || !isDescription(window, at)) continue
      this.#ends.add(windowStart + at + window.readUInt32BE(at - 4))
    }
    this.#overlap = Buffer.from(window.subarray(-(BEFORE_JSON_BYTES + 1)))
  }
}

const isDescription = (window: Buffer, at: number): boolean =>
  window[at - 11] === SECTION.footer && window[at - 6] === SECTION.end && window[at - 5] === SECTION.description
