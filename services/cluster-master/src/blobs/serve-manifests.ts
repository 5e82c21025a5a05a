import { hash } from 'node:crypto'
import type { Request, Router } from 'express'
import type { Digest, Repository } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import { parseManifest } from '../domain/manifest.ts'
import type { BlobStore } from './blob-store.ts'
import { RegistryError } from './registry-error.ts'
import { contentLength, digestParam, isDigest, repositoryOf } from './registry-request.ts'

const manifestType = 'application/vnd.oci.image.manifest.v1+json'
const manifestBytes = 4 * 1024 * 1024
const route = '/:name/manifests/:digest'

/** Manifests of bases and overlays, by digest. */
export function serveManifests(router: Router, store: BlobStore): void {
  router.all(route, (request, _response, next) => {
    if (isDigest(request.params['digest'])) return next()
    throw new RegistryError('UNSUPPORTED', 'Manifests are named by their digest here, not by tags.')
  })

  router.get(route, async (request, response) => {
    const [repository, digest] = [repositoryOf(request), digestParam(request)]
    const bytes = await store.readManifest(repository, digest)
    if (!bytes) throw new RegistryError('MANIFEST_UNKNOWN', `There is no manifest ${digest} in ${repository}.`)
    response.set({
      'Content-Type': manifestType,
      'Content-Length': String(bytes.length),
      'Docker-Content-Digest': digest,
    })
    response.end(request.method === 'HEAD' ? undefined : bytes)
  })

  router.put(route, async (request, response) => {
    const [repository, digest] = [repositoryOf(request), digestParam(request)]
    if (request.headers['content-type'] !== manifestType) {
      throw new RegistryError('MANIFEST_INVALID', `Only manifests of type ${manifestType} are kept.`)
    }
    const bytes = await readManifestBody(request)
    const found = `sha256:${hash('sha256', bytes, 'hex')}`
    if (found !== digest) throw new ProblemError('digest_mismatch', `The manifest has the digest ${found}.`)
    await checkManifest(store, repository, bytes)
    await store.writeManifest(repository, digest, bytes)
    const location = `/v2/${repository}/manifests/${digest}`
    response.status(201).set({ Location: location, 'Docker-Content-Digest': digest }).end()
  })
}

const kinds: Record<Repository, string> = { bases: 'base', overlays: 'overlay', disks: 'disk' }

/** It is what its repository holds, and everything it names is here with the size it says. */
async function checkManifest(store: BlobStore, repository: Repository, bytes: Buffer): Promise<void> {
  const { kind, layers } = parseManifest(bytes)
  if (kind !== kinds[repository]) {
    throw new RegistryError('MANIFEST_INVALID', `${repository} holds no manifests of a ${kind}.`)
  }
  const sizes = await Promise.all(layers.map(({ digest }) => store.sizeOf(digest)))
  const missing: Digest[] = layers.filter((_, index) => sizes[index] === undefined).map(({ digest }) => digest)
  if (missing.length > 0) {
    throw new RegistryError('MANIFEST_BLOB_UNKNOWN', 'Push the blobs before their manifest.', { detail: missing })
  }
  const wrong = layers.find(({ sizeBytes }, index) => sizes[index] !== sizeBytes)
  if (wrong) throw new RegistryError('MANIFEST_INVALID', `${wrong.digest} does not have ${wrong.sizeBytes} bytes.`)
}

async function readManifestBody(request: Request): Promise<Buffer> {
  const tooLarge = () => new ProblemError('body_too_large', `A manifest may have ${manifestBytes} bytes.`)
  if ((contentLength(request) ?? 0) > manifestBytes) throw tooLarge()
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > manifestBytes) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
