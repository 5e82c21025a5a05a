/** Walks over one message; every read past its end throws, so a short message never decodes to garbage. */
export class Reader {
  readonly #buffer: Buffer
  #at = 0

  constructor(buffer: Buffer) {
    this.#buffer = buffer
  }

  get remainingBytes(): number {
    return this.#buffer.length - this.#at
  }

  u32(): number {
    return this.#buffer.readUInt32BE(this.#take(4))
  }

  i32(): number {
    return this.#buffer.readInt32BE(this.#take(4))
  }

  u64(): bigint {
    return this.#buffer.readBigUInt64BE(this.#take(8))
  }

  i64(): bigint {
    return this.#buffer.readBigInt64BE(this.#take(8))
  }

  double(): number {
    return this.#buffer.readDoubleBE(this.#take(8))
  }

  /** A view of `length` bytes; the zeros that pad them to a multiple of four are skipped. */
  padded(length: number): Buffer {
    const at = this.#take(Math.ceil(length / 4) * 4)
    return this.#buffer.subarray(at, at + length)
  }

  #take(bytes: number): number {
    const at = this.#at
    if (bytes > this.remainingBytes) {
      throw new RangeError(`XDR: ${bytes} bytes wanted at ${at}, ${this.remainingBytes} left`)
    }
    this.#at += bytes
    return at
  }
}
