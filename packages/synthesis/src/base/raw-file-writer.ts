/** A sparse raw file of a given size as a sink for pages. */
import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
import { PAGE_BYTES } from '../page.ts'
import type { PageSink } from '../segment/page-sink.ts'

export class RawFileWriter implements PageSink {
  readonly #file: FileHandle
  readonly #sizeBytes: number
  #writing: Promise<unknown> | undefined

  private constructor(file: FileHandle, sizeBytes: number) {
    this.#file = file
    this.#sizeBytes = sizeBytes
  }

  static async create(path: string, sizeBytes: number): Promise<RawFileWriter> {
    const file = await open(path, 'wx')
    await file.truncate(sizeBytes)
    return new RawFileWriter(file, sizeBytes)
  }

  /** `settle` must be awaited before the next call: the bytes are not copied. */
  write(firstPage: number, bytes: Buffer): void {
    const position = firstPage * PAGE_BYTES
    const length = Math.min(bytes.length, this.#sizeBytes - position)
    this.#writing = this.#writeAt(bytes.subarray(0, length), position)
  }

  /** The file is zero where nothing was written. */
  writeZeros(): void {}

  async settle(): Promise<void> {
    await this.#writing
  }

  async finish(): Promise<void> {
    await this.#file.chmod(0o444)
    await this.#file.sync()
    await this.#file.close()
  }

  async #writeAt(bytes: Buffer, position: number): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, position + done)
      done += bytesWritten
    }
  }
}
