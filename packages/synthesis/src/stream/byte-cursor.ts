/** Thrown to the loop of the parser when an item is not there as a whole yet; never leaves it. */
export const INCOMPLETE = Symbol('incomplete')

/** Reads big-endian items from bytes that arrive in pieces; the caller rewinds to `mark` when an item is incomplete. */
export class ByteCursor {
  #bytes: Buffer = Buffer.alloc(0)
  #at = 0

  append(chunk: Buffer): void {
    const rest = this.#bytes.subarray(this.#at)
    this.#bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    this.#at = 0
  }

  get position(): number {
    return this.#at
  }

  get remaining(): number {
    return this.#bytes.length - this.#at
  }

  rewindTo(position: number): void {
    this.#at = position
  }

  since(position: number): Buffer {
    return this.#bytes.subarray(position, this.#at)
  }

  u8(): number {
    return this.#bytes[this.#take(1)]!
  }

  u16(): number {
    return this.#bytes.readUInt16BE(this.#take(2))
  }

  u32(): number {
    return this.#bytes.readUInt32BE(this.#take(4))
  }

  u64(): number {
    const at = this.#take(8)
    return this.#bytes.readUInt32BE(at) * 2 ** 32 + this.#bytes.readUInt32BE(at + 4)
  }

  /** A view, valid until the next piece is appended. */
  bytes(length: number): Buffer {
    const at = this.#take(length)
    return this.#bytes.subarray(at, at + length)
  }

  text(length: number): string {
    return this.bytes(length).toString('latin1')
  }

  peek(): number | undefined {
    return this.#bytes[this.#at]
  }

  #take(length: number): number {
    const at = this.#at
    if (at + length > this.#bytes.length) throw INCOMPLETE
    this.#at = at + length
    return at
  }
}
