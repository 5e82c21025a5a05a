// A file that is being downloaded and read at the same time: bytes go to disk in order, readers follow behind them.
import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import type { ByteRange } from '@bramble/synthesis'

const readBytes = 1024 * 1024

export class GrowingFile {
  readonly #file: FileHandle
  #written = 0
  #ended: { error?: unknown } | undefined
  #changed = Promise.withResolvers<void>()
  #readers = 0

  private constructor(file: FileHandle) {
    this.#file = file
  }

  static create = async (path: string): Promise<GrowingFile> => new GrowingFile(await open(path, 'wx+', 0o444))

  /** Writes all of `bytes`, returns their SHA-256. Readers see the failure when it fails. */
  async fill(bytes: AsyncIterable<Buffer>): Promise<string> {
    const sum = createHash('sha256')
    try {
      for await (const chunk of bytes) {
        sum.update(chunk)
        await this.#file.write(chunk, 0, chunk.length, this.#written)
        this.#written += chunk.length
        this.#wake()
      }
      await this.#file.sync()
      this.#end({})
      return sum.digest('hex')
    } catch (error) {
      this.#end({ error })
      throw error
    }
  }

  /** The range's bytes, each as soon as it is there. */
  async *read({ offset, lengthBytes }: ByteRange): AsyncGenerator<Buffer> {
    this.#readers += 1
    try {
      const end = offset + lengthBytes
      for (let at = offset; at < end;) {
        while (this.#written <= at && this.#ended === undefined) await this.#changed.promise
        if (this.#ended?.error !== undefined) throw this.#ended.error
        const chunk = Buffer.allocUnsafe(Math.min(readBytes, end - at, this.#written - at))
        if (chunk.length === 0) return
        await this.#file.read(chunk, 0, chunk.length, at)
        at += chunk.length
        yield chunk
      }
    } finally {
      this.#readers -= 1
      await this.#closeWhenUnused()
    }
  }

  /** Nobody new will read it; those who do may go on. */
  async release(): Promise<void> {
    this.#released = true
    await this.#closeWhenUnused()
  }
  #released = false

  async #closeWhenUnused(): Promise<void> {
    if (this.#released && this.#readers === 0) await this.#file.close()
  }

  #end(end: { error?: unknown }): void {
    this.#ended = end
    this.#wake()
  }

  #wake(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers<void>()
  }
}
