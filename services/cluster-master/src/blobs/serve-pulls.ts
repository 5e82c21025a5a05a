import type { Request, Response, Router } from 'express'
import { sendBytes } from '@bramble/kit'
import type { BlobStore } from './blob-store.ts'
import { RegistryError } from './registry-error.ts'
import { digestParam, repositoryOf } from './registry-request.ts'

/** `GET` and `HEAD` of a blob, whole or a range. */
export function servePulls(router: Router, store: BlobStore): void {
  router.get('/:name/blobs/:digest', async (request: Request, response: Response) => {
    repositoryOf(request)
    const digest = digestParam(request)
    const sizeBytes = await store.sizeOf(digest)
    if (sizeBytes === undefined) throw new RegistryError('BLOB_UNKNOWN', `There is no blob ${digest}.`)
    response.set({ 'Docker-Content-Digest': digest, ETag: `"${digest}"` })
    await sendBytes(request, response, { sizeBytes, read: (range) => store.createReadStream(digest, range) })
  })
}
