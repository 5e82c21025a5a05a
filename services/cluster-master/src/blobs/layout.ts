import { join } from 'node:path'
import type { Digest, Repository } from '@bramble/contracts'

// Where things lie below the blob folder. Names are made of checked parts only: a digest, a repository, a UUID.

/** An upload that was begun, named by a UUID. */
export interface UploadRef {
  repository: Repository
  id: string
}

export const blobPath = (folder: string, digest: Digest): string => {
  const hex = hexOf(digest)
  return join(folder, 'sha256', hex.slice(0, 2), hex)
}

export const manifestPath = (folder: string, { repository, digest }: { repository: Repository; digest: Digest }) =>
  join(folder, 'manifests', repository, hexOf(digest))

export const uploadsFolder = (folder: string): string => join(folder, 'uploads')

export const uploadPath = (folder: string, { repository, id }: UploadRef): string =>
  join(uploadsFolder(folder), `${repository}.${id}`)

const hexOf = (digest: Digest): string => digest.slice('sha256:'.length)
