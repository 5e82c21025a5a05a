// A file that is being downloaded and read at the same time: bytes go to disk in order, readers follow behind them.
import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import type { ByteRange } from '@bramble/synthesis'

const readBytes = 1024 * 1024

export class GrowingFile {
  /** Where it is written. */
  readonly path: string
  readonly #finalPath: string
  #written = 0
  #ended: { error?: unknown } | undefined
  #changed = Promise.withResolvers<void>()

  /** `finalPath`: where it goes when it is complete. */
  constructor(path: string, finalPath: string) {
    this.path = path
    this.#finalPath = finalPath
  }

  /** Writes all of `bytes`, returns their SHA-256. Readers fail as this does. */
  async fill(bytes: AsyncIterable<Buffer>): Promise<string> {
    try {
      const sum = await this.#write(bytes)
      this.#end({})
      return sum
    } catch (error) {
      this.#end({ error })
      throw error
    }
  }

  /** It was written as a whole by somebody else. */
  isFilled(sizeBytes: number): void {
    this.#written = sizeBytes
    this.#end({})
  }

  /** It is complete, and yet of no use: what belongs to it failed. */
  fail(error: unknown): void {
    this.#end({ error })
  }

  /** The range's bytes, each as soon as it is there. */
  async *read({ offset, lengthBytes }: ByteRange): AsyncGenerator<Buffer> {
    const end = offset + lengthBytes
    await this.#reached(offset)
    await using file = await this.#open()
    for (let at = offset; at < end;) {
      await this.#reached(at)
      const chunk = Buffer.allocUnsafe(Math.min(readBytes, end - at, this.#written - at))
      if (chunk.length === 0) return
      await file.read(chunk, 0, chunk.length, at)
      at += chunk.length
      yield chunk
    }
  }

  async #write(bytes: AsyncIterable<Buffer>): Promise<string> {
    const sum = createHash('sha256')
    await using file = await open(this.path, 'wx', 0o444)
    for await (const chunk of bytes) {
      sum.update(chunk)
      await file.write(chunk)
      this.#written += chunk.length
      this.#wake()
    }
    await file.sync()
    return sum.digest('hex')
  }

  async #reached(offset: number): Promise<void> {
    while (this.#written <= offset && this.#ended === undefined) await this.#changed.promise
    if (this.#ended?.error !== undefined) throw this.#ended.error
  }

  /** It is where it is written, or in its final place, or was given up and removed. */
  async #open(): Promise<FileHandle> {
    try {
      return await open(this.path).catch(() => open(this.#finalPath))
    } catch (error) {
      throw this.#ended?.error ?? error
    }
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
