import type { Digest, Progress, Repository } from '@bramble/contracts'
import type { Artifact } from '../drivers/driver.ts'
import type { RegistryClient } from './registry-client.ts'

export type PushProgress = (progress: Progress) => void

export interface PushArtifact {
  registry: RegistryClient
  artifact: Artifact
  repository: Repository
  onProgress: PushProgress | undefined
  signal?: AbortSignal
}

/** Sends the blobs, then the manifest that names them. Doing it again sends only what is missing. */
export async function pushArtifact(push: PushArtifact): Promise<Digest> {
  const { registry, artifact, repository, onProgress, signal } = push
  const total = artifact.blobs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  let doneBefore = 0
  for (const blob of artifact.blobs) {
    const tell = (doneBytes: number) => onProgress?.({ done: doneBefore + doneBytes, total, unit: 'bytes' })
    await registry.pushBlob({ ...blob, repository, signal, onProgress: tell })
    doneBefore += blob.sizeBytes
  }
  return registry.pushManifest({ repository, bytes: artifact.manifest, mediaType: artifact.mediaType, signal })
}
