// Carrying a base or an overlay from one cloudlet to another as any client of OCI registries would, through /v2.
import type { Digest } from '@bramble/contracts'
import type { Cloudlet } from '@bramble/testkit'

type End = Pick<Cloudlet, 'url' | 'token'>
export type Repository = 'bases' | 'overlays'

interface Descriptor {
  digest: Digest
  size: number
}

export interface ManifestBytes {
  bytes: Uint8Array<ArrayBuffer>
  layers: Descriptor[]
  config: Descriptor
}

const manifestType = 'application/vnd.oci.image.manifest.v1+json'

const call = ({ url, token }: End, path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(new URL(path, url), { ...init, headers: { authorization: `Bearer ${token}`, ...init.headers } })

async function bytesOf(answer: Response): Promise<Uint8Array<ArrayBuffer>> {
  if (!answer.ok) throw new Error(`${answer.url}: ${answer.status} ${await answer.text()}`)
  return new Uint8Array(await answer.arrayBuffer())
}

export async function pullManifest(from: End, repository: Repository, digest: Digest): Promise<ManifestBytes> {
  const bytes = await bytesOf(await call(from, `/v2/${repository}/manifests/${digest}`))
  const { layers, config } = JSON.parse(new TextDecoder().decode(bytes)) as Omit<ManifestBytes, 'bytes'>
  return { bytes, layers, config }
}

export const pullBlob = async (from: End, repository: Repository, digest: Digest) =>
  bytesOf(await call(from, `/v2/${repository}/blobs/${digest}`))

/** The answer to the last step: 201, or why the bytes are refused. */
export async function pushBlob(to: End, repository: Repository, digest: Digest, body: Uint8Array<ArrayBuffer>) {
  const begun = await call(to, `/v2/${repository}/blobs/uploads/`, { method: 'POST' })
  const upload = `${begun.headers.get('location')}?digest=${digest}`
  const headers = { 'content-type': 'application/octet-stream' }
  return call(to, upload, { method: 'PUT', body, headers })
}

/** Everything that the manifest names, then the manifest. */
export async function carryArtifact(from: End, to: End, repository: Repository, digest: Digest): Promise<void> {
  const { bytes, layers, config } = await pullManifest(from, repository, digest)
  for (const blob of [config, ...layers]) {
    const content = await pullBlob(from, repository, blob.digest)
    await bytesOf(await pushBlob(to, repository, blob.digest, content))
  }
  const headers = { 'content-type': manifestType }
  await bytesOf(await call(to, `/v2/${repository}/manifests/${digest}`, { method: 'PUT', body: bytes, headers }))
}
