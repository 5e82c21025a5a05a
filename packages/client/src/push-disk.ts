import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import type { Digest } from '@bramble/contracts'
import { type Connection, request } from './connection.ts'

const chunkBytes = 8 * 1024 * 1024

export interface PushProgress {
  phase: 'hashing' | 'sending'
  doneBytes: number
  totalBytes: number
}

const hashFile = async (path: string, onBytes: (bytes: number) => void): Promise<Digest> => {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    hash.update(chunk)
    onBytes(chunk.length)
  }
  return `sha256:${hash.digest('hex')}` as Digest
}

/** Sends the file in chunks to an open upload (OCI distribution specification, "Pushing a blob in chunks"). */
const sendChunks = async (connection: Connection, path: string, location: string, onBytes: (bytes: number) => void) => {
  await using file = await open(path)
  const chunk = new Uint8Array(chunkBytes)
  let upload = location
  for (let offset = 0; ;) {
    const { bytesRead } = await file.read(chunk, 0, chunkBytes, offset)
    if (bytesRead === 0) return upload
    const response = await request(connection, {
      method: 'PATCH',
      path: upload,
      body: chunk.subarray(0, bytesRead),
      headers: {
        'content-type': 'application/octet-stream',
        'content-range': `${offset}-${offset + bytesRead - 1}`,
      },
    })
    upload = response.headers.get('location') ?? upload
    offset += bytesRead
    onBytes(bytesRead)
  }
}

const withDigest = (location: string, digest: Digest): string =>
  `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`

/** Pushes a disk image as a blob of the repository `disks` and returns its digest; sends nothing when it is there. */
export const pushDisk = async (
  connection: Connection,
  path: string,
  onProgress: (progress: PushProgress) => void = () => {},
): Promise<Digest> => {
  const totalBytes = (await stat(path)).size
  const counter = (phase: PushProgress['phase']) => {
    let doneBytes = 0
    return (bytes: number) => onProgress({ phase, doneBytes: (doneBytes += bytes), totalBytes })
  }
  const digest = await hashFile(path, counter('hashing'))
  const known = await request(connection, { method: 'HEAD', path: `/v2/disks/blobs/${digest}`, accept: [404] })
  if (known.ok) return digest
  const begun = await request(connection, { method: 'POST', path: '/v2/disks/blobs/uploads/' })
  const upload = await sendChunks(connection, path, begun.headers.get('location')!, counter('sending'))
  await request(connection, { method: 'PUT', path: withDigest(upload, digest) })
  return digest
}
