/** Compresses segments on zlib's threads and appends them to a blob, named by its digest when it is done. */
import { createHash, hash, randomUUID } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { constants, zstdCompress } from 'node:zlib'
import type { Segment } from '../artifact/layer-index.ts'
import { blobPath } from '../artifact/layer-source.ts'
import type { Descriptor, LayerName } from '../artifact/manifest.ts'
import { digestOf, LAYER_TYPES } from '../artifact/manifest.ts'

const compress = promisify(zstdCompress)
const SEGMENTS_IN_WORK = 4

export type WrittenLayer = Descriptor & { path: string }

export class LayerWriter {
  readonly segments: Segment[] = []
  readonly #name: LayerName
  readonly #outDir: string
  readonly #level: number
  readonly #hash = createHash('sha256')
  readonly #partialPath: string
  readonly #inWork: Promise<{ bytes: Buffer; rawBytes: number }>[] = []
  #file: FileHandle | undefined
  #sizeBytes = 0

  constructor(name: LayerName, { outDir, level }: { outDir: string; level: number }) {
    this.#name = name
    this.#outDir = outDir
    this.#level = level
    this.#partialPath = join(outDir, `${name}.${randomUUID()}.partial`)
  }

  /** Waits while enough segments are being compressed. */
  async add(raw: Buffer): Promise<void> {
    const params = { [constants.ZSTD_c_compressionLevel]: this.#level }
    const work = compress(raw, { params, pledgedSrcSize: raw.length, chunkSize: raw.length + 1024 }).then((bytes) => ({
      bytes,
      rawBytes: raw.length,
    }))
    work.catch(() => undefined) // seen when its turn to be written comes
    this.#inWork.push(work)
    if (this.#inWork.length >= SEGMENTS_IN_WORK) await this.#writeNext()
  }

  /** Undefined when nothing was added: an empty layer is left out. */
  async finish(): Promise<WrittenLayer | undefined> {
    while (this.#inWork.length > 0) await this.#writeNext()
    if (this.#file === undefined) return undefined
    await this.#file.sync()
    await this.#file.close()
    const digest = `sha256:${this.#hash.digest('hex')}`
    const path = blobPath(this.#outDir, digest)
    await mkdir(join(path, '..'), { recursive: true })
    await rename(this.#partialPath, path)
    return { mediaType: LAYER_TYPES[this.#name], digest, sizeBytes: this.#sizeBytes, path }
  }

  async discard(): Promise<void> {
    await Promise.allSettled(this.#inWork)
    await this.#file?.close().catch(() => undefined)
    await rm(this.#partialPath, { force: true })
  }

  async #writeNext(): Promise<void> {
    const { bytes, rawBytes } = await this.#inWork.shift()!
    this.#file ??= await open(this.#partialPath, 'wx')
    await this.#file.appendFile(bytes)
    this.#hash.update(bytes)
    const segment = {
      offset: this.#sizeBytes,
      lengthBytes: bytes.length,
      rawBytes,
      sha256: hash('sha256', bytes, 'hex'),
    }
    this.segments.push(segment)
    this.#sizeBytes += bytes.length
  }
}

/** A small blob of known content: machine, index, config, manifest. */
export async function writeBlob(outDir: string, mediaType: string, bytes: Buffer): Promise<WrittenLayer> {
  const digest = digestOf(bytes)
  const path = blobPath(outDir, digest)
  await mkdir(join(path, '..'), { recursive: true })
  const partialPath = `${path}.${randomUUID()}.partial`
  await writeFile(partialPath, bytes, { flush: true })
  await rename(partialPath, path)
  return { mediaType, digest, sizeBytes: bytes.length, path }
}
