import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { Digest, Repository } from '@bramble/contracts'
import { ProblemError, writeDurably } from '@bramble/kit'
import type { ByteRange, Clock } from '@bramble/kit'
import { checkDisk } from './check-disk.ts'
import { fileBytes, undefinedWhenMissing } from './file-bytes.ts'
import { blobPath, manifestPath, uploadsFolder } from './layout.ts'
import { createSpace } from './space.ts'
import { createUploads } from './uploads.ts'
import type { Uploads } from './uploads.ts'

export interface BlobStoreOptions {
  /** `sha256/ab/<hex>` for blobs, `manifests/<repository>/<hex>`, `uploads/` for what is unfinished. */
  folder: string
  clock: Pick<Clock, 'now'>
  /** Largest blob. */
  blobBytes: number
  /** Kept free on the disk; 256 MiB when absent. */
  keepFreeBytes?: number
  freeBytes?: (folder: string) => Promise<number>
}

export interface BlobStore {
  uploads: Uploads
  hasBlob(digest: Digest): Promise<boolean>
  /** Whether a blob is a disk that can be booted. @throws `disk_...` */
  checkDisk(digest: Digest): Promise<void>
  /** Bytes of a blob; undefined when there is none. */
  sizeOf(digest: Digest): Promise<number | undefined>
  createReadStream(digest: Digest, range?: ByteRange): Readable
  /** All of a small blob. @throws `blob_too_large` beyond 64 MiB */
  readBlob(digest: Digest): Promise<Buffer | undefined>
  readManifest(repository: Repository, digest: Digest): Promise<Buffer | undefined>
  /** Its digest is proven by the caller. */
  writeManifest(repository: Repository, digest: Digest, bytes: Buffer): Promise<void>
}

const defaultKeepFreeBytes = 256 * 1024 * 1024
const smallBlobBytes = 64 * 1024 * 1024

/** Opens (or makes) a folder of content-addressed blobs and removes the uploads that nobody finished in a day. */
export async function openBlobStore(options: BlobStoreOptions): Promise<BlobStore> {
  const { folder, clock, blobBytes, keepFreeBytes = defaultKeepFreeBytes, freeBytes } = options
  await mkdir(uploadsFolder(folder), { recursive: true, mode: 0o700 })
  const space = createSpace({ folder, keepFreeBytes, ...(freeBytes && { freeBytes }) })
  const uploads = createUploads({ folder, space, blobBytes, clock })
  await uploads.expire()

  const sizeOf = (digest: Digest) => fileBytes(blobPath(folder, digest))
  const readBlob = async (digest: Digest) => {
    const sizeBytes = await sizeOf(digest)
    if (sizeBytes === undefined) return undefined
    if (sizeBytes > smallBlobBytes) {
      throw new ProblemError('blob_too_large', `${digest} has ${sizeBytes} bytes; at most ${smallBlobBytes} are read.`)
    }
    return readFile(blobPath(folder, digest))
  }

  return {
    uploads,
    sizeOf,
    readBlob,
    checkDisk: (digest) => checkDisk(blobPath(folder, digest)),
    hasBlob: async (digest) => (await sizeOf(digest)) !== undefined,
    createReadStream: (digest, range) =>
      createReadStream(blobPath(folder, digest), { ...range, highWaterMark: 512 * 1024 }),
    readManifest: (repository, digest) =>
      readFile(manifestPath(folder, { repository, digest })).catch(undefinedWhenMissing),
    writeManifest: async (repository, digest, bytes) => {
      using reservation = await space.reserve(bytes.length)
      await reservation.take(bytes.length)
      await writeDurably(bytes, {
        path: manifestPath(folder, { repository, digest }),
        through: join(uploadsFolder(folder), `.${randomUUID()}`),
      })
    },
  }
}
