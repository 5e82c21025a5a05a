import { pipeline } from 'node:stream/promises'
import type { Request, Response, Router } from 'express'
import type { BlobStore } from './blob-store.ts'
import { readRange } from './byte-range.ts'
import { RegistryError } from './registry-error.ts'
import { digestParam, repositoryOf } from './registry-request.ts'

/** `GET` and `HEAD` of a blob, whole or a range. */
export function servePulls(router: Router, store: BlobStore): void {
  router.get('/:name/blobs/:digest', async (request: Request, response: Response) => {
    repositoryOf(request)
    const digest = digestParam(request)
    const sizeBytes = await store.sizeOf(digest)
    if (sizeBytes === undefined) throw new RegistryError('BLOB_UNKNOWN', `There is no blob ${digest}.`)
    response.set({
      'Accept-Ranges': 'bytes',
      'Content-Type': 'application/octet-stream',
      'Docker-Content-Digest': digest,
      ETag: `"${digest}"`,
    })
    // A range is a matter of GET alone (RFC 9110, section 14.2).
    const asked = readRange(request.method === 'GET' ? request.headers.range : undefined, sizeBytes)
    if (asked.kind === 'unsatisfiable')
      return void response.status(416).set('Content-Range', `bytes */${sizeBytes}`).end()
    const { start, end } = asked.kind === 'part' ? asked.range : { start: 0, end: sizeBytes - 1 }
    if (asked.kind === 'part') response.status(206).set('Content-Range', `bytes ${start}-${end}/${sizeBytes}`)
    response.set('Content-Length', String(end - start + 1))
    if (request.method === 'HEAD' || sizeBytes === 0) return void response.end()
    await send(store.createReadStream(digest, { start, end }), response)
  })
}

async function send(bytes: NodeJS.ReadableStream, response: Response): Promise<void> {
  await pipeline(bytes, response).catch((error: unknown) => {
    // The caller left, as one does that has read what it wanted.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error
  })
}
