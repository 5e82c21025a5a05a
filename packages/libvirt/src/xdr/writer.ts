const initialBytes = 512

/** A growing buffer of big-endian words: what XDR codecs write to. */
export class Writer {
  #buffer = Buffer.allocUnsafe(initialBytes)
  #length = 0

  /** A view (not a copy) of all that was written. */
  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  u32(value: number): void {
    this.#advance(4, (at) => this.#buffer.writeUInt32BE(value, at))
  }

  i32(value: number): void {
    this.#advance(4, (at) => this.#buffer.writeInt32BE(value, at))
  }

  u64(value: bigint): void {
    this.#advance(8, (at) => this.#buffer.writeBigUInt64BE(value, at))
  }

  i64(value: bigint): void {
    this.#advance(8, (at) => this.#buffer.writeBigInt64BE(value, at))
  }

  double(value: number): void {
    this.#advance(8, (at) => this.#buffer.writeDoubleBE(value, at))
  }

  /** The bytes, then zeros up to a multiple of four. */
  padded(bytes: Uint8Array): void {
    const paddedBytes = Math.ceil(bytes.length / 4) * 4
    this.#advance(paddedBytes, (at) => this.#buffer.fill(0, at + bytes.length, at + paddedBytes).set(bytes, at))
  }

  #advance(bytes: number, write: (at: number) => unknown): void {
    const needed = this.#length + bytes
    if (needed > this.#buffer.length) this.#grow(needed)
    write(this.#length)
    this.#length = needed
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2))
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}
