// Pushing a blob (OCI distribution specification 1.1): POST begins an upload, PATCHes carry it, PUT names its digest
// and ends it; a POST that names the digest carries all at once.
import type { Request, Response, Router } from 'express'
import { ProblemError } from '@bramble/kit'
import type { BlobStore } from './blob-store.ts'
import { readChunkRange } from './chunk-range.ts'
import type { UploadRef } from './layout.ts'
import { RegistryError } from './registry-error.ts'
import { contentLength, digestQuery, repositoryOf, uploadOf } from './registry-request.ts'

const uploadRoute = '/:name/blobs/uploads/:upload'

export function serveUploads(router: Router, { uploads }: Pick<BlobStore, 'uploads'>): void {
  const finish = async (request: Request, response: Response, upload: UploadRef) => {
    const digest = digestQuery(request)
    if (contentLength(request) !== 0) await uploads.append(upload, chunkOf(request))
    await uploads.finish(upload, digest)
    const location = `/v2/${upload.repository}/blobs/${digest}`
    response.status(201).set({ Location: location, 'Docker-Content-Digest': digest }).end()
  }

  router.post('/:name/blobs/uploads', async (request, response) => {
    const repository = repositoryOf(request)
    if (request.query['digest'] !== undefined) digestQuery(request)
    const upload = await uploads.begin(repository)
    if (request.query['digest'] === undefined) return tellUpload(response, upload, { status: 202, offset: 0 })
    try {
      await finish(request, response, upload)
    } catch (error) {
      // Its client never learned where the upload is, so nobody will go on with it.
      await uploads.cancel(upload)
      throw error
    }
  })

  router.patch(uploadRoute, async (request, response) => {
    const upload = uploadOf(request)
    try {
      tellUpload(response, upload, { status: 202, offset: await uploads.append(upload, chunkOf(request)) })
    } catch (error) {
      if (isOutOfPlace(error)) setUploadHeaders(response, upload, (await uploads.offsetOf(upload)) ?? 0)
      throw error
    }
  })

  router.get(uploadRoute, async (request, response) => {
    const upload = uploadOf(request)
    const offset = await uploads.offsetOf(upload)
    if (offset === undefined) throw new RegistryError('BLOB_UPLOAD_UNKNOWN', 'There is no such upload.')
    tellUpload(response, upload, { status: 204, offset })
  })

  router.put(uploadRoute, (request, response) => finish(request, response, uploadOf(request)))

  router.delete(uploadRoute, async (request, response) => {
    const upload = uploadOf(request)
    if ((await uploads.offsetOf(upload)) === undefined) {
      throw new RegistryError('BLOB_UPLOAD_UNKNOWN', 'There is no such upload.')
    }
    await uploads.cancel(upload)
    response.status(204).end()
  })
}

const isOutOfPlace = (error: unknown) => error instanceof ProblemError && error.code === 'upload_range'

function chunkOf(request: Request) {
  const lengthBytes = contentLength(request)
  const header = request.headers['content-range']
  if (header === undefined) return { body: request, lengthBytes }
  const range = readChunkRange(header)
  if (!range) throw new ProblemError('upload_range', 'Content-Range is not of the form 0-99.')
  if (lengthBytes !== undefined && lengthBytes !== range.end - range.start + 1) {
    throw new RegistryError('SIZE_INVALID', 'Content-Length and Content-Range do not agree.')
  }
  return { body: request, lengthBytes, offset: range.start }
}

function tellUpload(response: Response, upload: UploadRef, told: { status: number; offset: number }): void {
  setUploadHeaders(response, upload, told.offset)
  response.status(told.status).end()
}

/** Registries write `0-0` for an upload that has nothing yet. */
function setUploadHeaders(response: Response, { repository, id }: UploadRef, offset: number): void {
  response.set({
    Location: `/v2/${repository}/blobs/uploads/${id}`,
    Range: `0-${Math.max(0, offset - 1)}`,
    'Docker-Upload-UUID': id,
  })
}
