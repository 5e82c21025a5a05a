import type { Request } from 'express'
import { Digest, repositories } from '@bramble/contracts'
import type { Repository } from '@bramble/contracts'
import type { UploadRef } from './layout.ts'
import { RegistryError } from './registry-error.ts'

// What a request names, checked before it becomes part of a path.

export function repositoryOf(request: Request): Repository {
  const name = repositories.find((known) => known === request.params['name'])
  if (!name) throw new RegistryError('NAME_UNKNOWN', `The repositories are ${repositories.join(', ')}.`)
  return name
}

export const digestParam = (request: Request): Digest => parseDigest(request.params['digest'])

export const digestQuery = (request: Request): Digest => parseDigest(request.query['digest'])

export const isDigest = (value: unknown): boolean => Digest.safeParse(value).success

function parseDigest(value: unknown): Digest {
  const parsed = Digest.safeParse(value)
  if (!parsed.success) throw new RegistryError('DIGEST_INVALID', 'Digests are "sha256:" and 64 hexadecimal digits.')
  return parsed.data
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export function uploadOf(request: Request): UploadRef {
  const id = String(request.params['upload'])
  if (!uuid.test(id)) throw new RegistryError('BLOB_UPLOAD_UNKNOWN', 'There is no such upload.')
  return { repository: repositoryOf(request), id }
}

/** Undefined for a body that does not tell its length. */
export function contentLength(request: Request): number | undefined {
  const header = request.headers['content-length']
  return header === undefined ? undefined : Number(header)
}
