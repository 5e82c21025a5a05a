// Uploads under way. An upload is a file; its size is how far it got, so it goes on where it stood after a restart of
// the master too. It becomes a blob when its digest has been proven, never before.
import { randomUUID } from 'node:crypto'
import { open, readdir, rm, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { addAbortSignal } from 'node:stream'
import type { Readable } from 'node:stream'
import { moveDurably, msBetween, ProblemError } from '@bramble/kit'
import type { Clock } from '@bramble/kit'
import { toTimestamp } from '@bramble/contracts'
import type { Digest, Repository } from '@bramble/contracts'
import { fileBytes, undefinedWhenMissing } from './file-bytes.ts'
import { blobPath, uploadPath, uploadsFolder } from './layout.ts'
import type { UploadRef } from './layout.ts'
import { createRunningHashes } from './running-hashes.ts'
import { explainFullDisk } from './space.ts'
import type { Space } from './space.ts'
import { createTurns } from './turns.ts'

export interface Chunk {
  body: Readable
  /** Where the sender believes the upload to stand; wherever it stands when absent. */
  offset?: number | undefined
  lengthBytes?: number | undefined
}

export interface UploadsOptions {
  folder: string
  space: Space
  /** Largest blob. */
  blobBytes: number
  clock: Pick<Clock, 'now'>
}

export type Uploads = ReturnType<typeof createUploads>

const uploadLifeMs = 24 * 3_600_000
const mostUploads = 1000

export function createUploads({ folder, space, blobBytes, clock }: UploadsOptions) {
  const hashes = createRunningHashes()
  const takeTurn = createTurns()

  const expire = async () => {
    const names = await readdir(uploadsFolder(folder))
    for (const name of names) {
      const path = join(uploadsFolder(folder), name)
      const modified = await stat(path).then(({ mtime }) => mtime, undefinedWhenMissing)
      if (!modified || msBetween(toTimestamp(modified), clock.now()) < uploadLifeMs) continue
      await rm(path, { force: true })
      hashes.forget(path)
    }
  }

  const begin = async (repository: Repository): Promise<UploadRef> => {
    const waiting = await readdir(uploadsFolder(folder))
    if (waiting.length >= mostUploads) {
      throw new ProblemError('too_many_requests', `${waiting.length} uploads are unfinished.`, {
        retryAfterSeconds: 60,
      })
    }
    const upload = { repository, id: randomUUID() }
    await using _file = await open(uploadPath(folder, upload), 'wx', 0o600)
    return upload
  }

  /** Writes what arrives, and keeps it when the connection breaks; returns where the upload stands then. */
  const append = (upload: UploadRef, { body, offset, lengthBytes }: Chunk): Promise<number> =>
    takeTurn(upload.id, async (signal) => {
      const path = uploadPath(folder, upload)
      await using file = await openUpload(path)
      let end = (await file.stat()).size
      if (offset !== undefined && offset !== end) {
        throw new ProblemError('upload_range', `The upload stands at ${end}, the chunk begins at ${offset}.`)
      }
      checkSize(end + (lengthBytes ?? 0), blobBytes)
      using reservation = await space.reserve(lengthBytes ?? 0)
      // The connection stays open when a chunk is refused: it still has to carry the answer.
      const chunks = addAbortSignal(signal, body).iterator({ destroyOnReturn: false })
      for await (const chunk of chunks as AsyncIterable<Buffer>) {
        checkSize(end + chunk.length, blobBytes)
        await reservation.take(chunk.length)
        await writeAt(file, chunk, end)
        hashes.add(path, end, chunk)
        end += chunk.length
      }
      return end
    })

  /** Makes it a blob. One whose digest is another is of no use to anybody and is removed. @throws `digest_mismatch` */
  const finish = (upload: UploadRef, digest: Digest): Promise<void> =>
    takeTurn(upload.id, async () => {
      const path = uploadPath(folder, upload)
      await using file = await openUpload(path)
      const found = await hashes.finish(path, (await file.stat()).size)
      if (found !== digest) {
        await rm(path)
        throw new ProblemError('digest_mismatch', `The bytes received have the digest ${found}.`)
      }
      await file.sync()
      await moveDurably(path, blobPath(folder, digest))
    })

  const cancel = (upload: UploadRef): Promise<void> =>
    takeTurn(upload.id, async () => {
      const path = uploadPath(folder, upload)
      hashes.forget(path)
      await rm(path, { force: true })
    })

  return {
    begin,
    append,
    finish,
    cancel,
    expire,
    /** Bytes received; undefined when there is no such upload. */
    offsetOf: (upload: UploadRef) => fileBytes(uploadPath(folder, upload)),
  }
}

async function openUpload(path: string): Promise<FileHandle> {
  const file = await open(path, 'r+').catch(undefinedWhenMissing)
  if (!file) throw new ProblemError('blob_unknown', 'There is no such upload; it may be done, cancelled, or expired.')
  return file
}

function checkSize(bytes: number, most: number): void {
  if (bytes > most) throw new ProblemError('blob_too_large', `A blob may have ${most} bytes.`)
}

async function writeAt(file: FileHandle, chunk: Buffer, offset: number): Promise<void> {
  for (let done = 0; done < chunk.length;) {
    const { bytesWritten } = await file.write(chunk, done, chunk.length - done, offset + done).catch((error) => {
      throw explainFullDisk(error)
    })
    done += bytesWritten
  }
}
