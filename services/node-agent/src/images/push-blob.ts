// Pushes a file as a blob: POST opens an upload, PATCHes carry it in chunks, PUT names its digest and closes it (OCI
// distribution specification, "Pushing a blob in chunks"). After a broken connection the upload is asked where it
// stands and goes on from there; an upload that the registry has forgotten is begun anew.
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { ProblemError } from '@bramble/kit'
import { sendRequest, TransientRegistryError } from './registry-request.ts'
import type { RegistryAccess } from './registry-request.ts'
import { retryTransient, Tries } from './retry-transient.ts'

export interface PushBlob {
  repository: string
  digest: string
  sizeBytes: number
  path: string
  signal?: AbortSignal | undefined
  onProgress?: (doneBytes: number) => void
}

/** Where an upload stands: its URL changes with every answer. */
interface Upload {
  location: string
  offset: number
}

const chunkBytes = 8 * 1024 * 1024
/** One that was sent to its end and is forgotten all the same is rare: a registry that lost its disk. */
const maxUploads = 3

export async function pushBlob(access: RegistryAccess, blob: PushBlob): Promise<void> {
  if (await hasBlob(access, blob)) return blob.onProgress?.(blob.sizeBytes)
  await using file = await open(blob.path, 'r')
  for (let begun = 1; begun <= maxUploads; begun += 1) {
    if (await finishUpload(access, blob, await sendAll(access, blob, file))) return
  }
  throw new ProblemError('unavailable', `The registry lost ${maxUploads} uploads of ${blob.digest}.`)
}

export const hasBlob = (access: RegistryAccess, blob: Pick<PushBlob, 'repository' | 'digest' | 'signal'>) =>
  retryTransient(access.retry, blob.signal, async () => {
    const target = `/v2/${blob.repository}/blobs/${blob.digest}`
    const response = await sendRequest(access, { method: 'HEAD', target, expect: [200, 404], signal: blob.signal })
    return response.status === 200
  })

async function sendAll(access: RegistryAccess, blob: PushBlob, file: FileHandle): Promise<Upload> {
  const tries = new Tries(access.retry)
  let upload = await beginUpload(access, blob)
  while (upload.offset < blob.sizeBytes) {
    try {
      upload = await sendChunk(access, blob, upload, await readChunk(file, blob, upload.offset))
      tries.progressed()
      blob.onProgress?.(upload.offset)
    } catch (error) {
      await tries.pause(asTransient(error), blob.signal)
      upload = await findUpload(access, blob, upload)
    }
  }
  return upload
}

/** The registry stands elsewhere than we thought, or forgot: both are put right by asking it. */
const asTransient = (error: unknown): unknown =>
  error instanceof ProblemError && (error.code === 'upload_range' || error.code === 'blob_unknown')
    ? new TransientRegistryError(error.message, { cause: error })
    : error

const beginUpload = (access: RegistryAccess, { repository, signal }: PushBlob): Promise<Upload> =>
  retryTransient(access.retry, signal, async () => {
    const target = `/v2/${repository}/blobs/uploads/`
    const response = await sendRequest(access, { method: 'POST', target, expect: [202], signal })
    return { location: locationOf(response), offset: 0 }
  })

async function readChunk(file: FileHandle, blob: PushBlob, offset: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunk = new Uint8Array(Math.min(chunkBytes, blob.sizeBytes - offset))
  const { bytesRead } = await file.read(chunk, 0, chunk.length, offset)
  if (bytesRead < chunk.length) throw new ProblemError('digest_mismatch', `${blob.path} is shorter than it was.`)
  return chunk
}

async function sendChunk(access: RegistryAccess, blob: PushBlob, upload: Upload, body: Uint8Array<ArrayBuffer>) {
  const end = upload.offset + body.length
  const headers = {
    'content-type': 'application/octet-stream',
    'content-range': `${upload.offset}-${end - 1}`,
  }
  const { location: target } = upload
  const response = await sendRequest(access, {
    method: 'PATCH',
    target,
    headers,
    body,
    expect: [202],
    signal: blob.signal,
  })
  return { location: locationOf(response), offset: end }
}

async function findUpload(access: RegistryAccess, blob: PushBlob, { location }: Upload): Promise<Upload> {
  const response = await retryTransient(access.retry, blob.signal, () =>
    sendRequest(access, { method: 'GET', target: location, expect: [204, 404], signal: blob.signal }),
  )
  if (response.status === 404) return beginUpload(access, blob)
  return { location: response.headers.get('location') ?? location, offset: offsetOf(response) }
}

/** `Range: 0-99` says that 100 bytes are there; registries write `0-0` for none, too. */
function offsetOf(response: Response): number {
  const last = Number(/^(?:bytes=)?0-(\d+)$/.exec(response.headers.get('range') ?? '')?.[1] ?? 0)
  return last === 0 ? 0 : last + 1
}

/** Whether the blob is there; false when the registry has forgotten the upload. */
function finishUpload(access: RegistryAccess, blob: PushBlob, { location }: Upload): Promise<boolean> {
  const target = `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(blob.digest)}`
  return retryTransient(access.retry, blob.signal, async () => {
    const response = await sendRequest(access, { method: 'PUT', target, expect: [201, 404], signal: blob.signal })
    // An earlier PUT may have been done though its answer was lost: then the upload is gone and the blob is there.
    return response.status === 201 || (await hasBlob(access, blob))
  })
}

function locationOf(response: Response): string {
  const location = response.headers.get('location')
  if (location === null) throw new ProblemError('unavailable', 'The registry named no place for the upload.')
  return location
}
