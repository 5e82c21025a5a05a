import type { Digest } from '@bramble/contracts'

/** Blobs of images that this node has, as neighbours may take them. */
export interface BlobShelf {
  find(digest: Digest): Promise<ShelvedBlob | undefined>
}

export interface ShelvedBlob {
  path: string
  sizeBytes: number
}
