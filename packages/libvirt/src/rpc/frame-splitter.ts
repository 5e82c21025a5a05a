import { headerBytes, lengthBytes, maxMessageBytes } from './message.ts'

/** Cuts a byte stream, however it arrives in pieces, into whole frames. */
export class FrameSplitter {
  #chunks: Buffer[] = []
  #bytes = 0

  /** All frames that this chunk completes. Throws when the stream cannot be libvirt's. */
  push(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    const frames: Buffer[] = []
    for (let frame = this.#next(); frame; frame = this.#next()) frames.push(frame)
    return frames
  }

  #next(): Buffer | undefined {
    if (this.#bytes < lengthBytes) return undefined
    const length = this.#frameBytes()
    if (this.#bytes < length) return undefined
    const all = this.#joined()
    this.#chunks = all.length > length ? [all.subarray(length)] : []
    this.#bytes -= length
    return all.subarray(0, length)
  }

  #frameBytes(): number {
    const [first] = this.#chunks
    const length = (first && first.length >= lengthBytes ? first : this.#joined()).readUInt32BE(0)
    if (length < lengthBytes + headerBytes || length > maxMessageBytes) {
      throw new RangeError(`a message of ${length} bytes is not libvirt's`)
    }
    return length
  }

  // Large messages come in many chunks: they are joined once, when the last one is there.
  #joined(): Buffer {
    const joined = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks)
    this.#chunks = [joined]
    return joined
  }
}
