// Pulls and pushes blobs and manifests of an OCI registry, such as the master's /v2 (OCI distribution specification).
import { hash } from 'node:crypto'
import type { Digest, Repository } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import { pullBlob } from './pull-blob.ts'
import type { BlobRange } from './pull-blob.ts'
import { pushBlob } from './push-blob.ts'
import type { PushBlob } from './push-blob.ts'
import { sendRequest, TransientRegistryError } from './registry-request.ts'
import type { RegistryAccess } from './registry-request.ts'
import { retryTransient } from './retry-transient.ts'

export type RegistryClient = ReturnType<typeof createRegistryClient>

export interface PushManifest {
  repository: Repository
  bytes: Buffer
  mediaType: string
  signal?: AbortSignal | undefined
}

const maxManifestBytes = 4 * 1024 * 1024
const manifestType = 'application/vnd.oci.image.manifest.v1+json'

export const createRegistryClient = (access: RegistryAccess) => ({
  /** The manifest's bytes, proven by its digest. Rejects with blob_unknown, digest_mismatch, unavailable. */
  pullManifest: (repository: Repository, digest: Digest, signal?: AbortSignal): Promise<Buffer> =>
    retryTransient(access.retry, signal, () => pullManifest(access, { repository, digest, signal })),

  /** The bytes of a range as they arrive; whether they are right is for the reader to check. */
  pullBlob: (range: BlobRange): AsyncGenerator<Buffer> => pullBlob(access, range),

  /** Size of a blob in bytes; rejects with blob_unknown. */
  blobSize: (repository: Repository, digest: Digest, signal?: AbortSignal): Promise<number> =>
    retryTransient(access.retry, signal, async () => {
      const target = `/v2/${repository}/blobs/${digest}`
      const response = await sendRequest(access, { method: 'HEAD', target, expect: [200], signal })
      return Number(response.headers.get('content-length') ?? Number.NaN)
    }),

  /** Sends a file unless the registry has it. */
  pushBlob: (blob: PushBlob & { repository: Repository }): Promise<void> => pushBlob(access, blob),

  /** Sends a manifest whose blobs are there; returns its digest. */
  pushManifest: (manifest: PushManifest): Promise<Digest> =>
    retryTransient(access.retry, manifest.signal, () => pushManifest(access, manifest)),
})

type ManifestRef = { repository: Repository; digest: Digest; signal: AbortSignal | undefined }

async function pullManifest(access: RegistryAccess, { repository, digest, signal }: ManifestRef): Promise<Buffer> {
  const response = await sendRequest(access, {
    method: 'GET',
    target: `/v2/${repository}/manifests/${digest}`,
    headers: { accept: manifestType },
    expect: [200],
    signal,
  })
  if (Number(response.headers.get('content-length')) > maxManifestBytes) {
    throw new ProblemError('manifest_invalid', `The manifest ${digest} is larger than ${maxManifestBytes} bytes.`)
  }
  const bytes = await response.arrayBuffer().then(Buffer.from, (cause: unknown) => {
    signal?.throwIfAborted()
    throw new TransientRegistryError(`the manifest ${digest} broke off`, { cause })
  })
  if (sha256(bytes) !== digest) throw new ProblemError('digest_mismatch', `The manifest ${digest} came changed.`)
  return bytes
}

async function pushManifest(access: RegistryAccess, { repository, bytes, mediaType, signal }: PushManifest) {
  const digest = sha256(bytes)
  await sendRequest(access, {
    method: 'PUT',
    target: `/v2/${repository}/manifests/${digest}`,
    headers: { 'content-type': mediaType },
    body: new Uint8Array(bytes),
    expect: [201],
    signal,
  })
  return digest
}

export const sha256 = (bytes: Uint8Array): Digest => `sha256:${hash('sha256', bytes, 'hex')}` as Digest
