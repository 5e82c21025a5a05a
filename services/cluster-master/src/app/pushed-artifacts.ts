import type { Digest, Repository } from '@bramble/contracts'

/** What verbs ask of the blobs that were pushed under /v2. */
export interface PushedArtifacts {
  /** Bytes of a manifest; undefined when it was not pushed. */
  readManifest(repository: Repository, digest: Digest): Promise<Uint8Array | undefined>
  /** All of a small blob; undefined when it was not pushed. */
  readBlob(digest: Digest): Promise<Uint8Array | undefined>
  hasBlob(digest: Digest): Promise<boolean>
  /** Looks whether a blob that is there is a disk that can be booted. @throws `disk_...` */
  checkDisk(digest: Digest): Promise<void>
}
