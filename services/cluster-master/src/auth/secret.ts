import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { TokenId } from '@bramble/contracts'

// `bramble_<the 20 characters of the token's id>_<256 random bits>`: the prefix lets scanners find leaked ones, the id
// finds the document, the rest proves it.
const pattern = /^bramble_([0-9a-z]{20})_[\w-]{43}$/

export const newSecret = (id: TokenId): string => `bramble_${id.slice(3)}_${randomBytes(32).toString('base64url')}`

/** The token that a secret claims to be of; undefined when it is none of ours. */
export function tokenIdOf(secret: string): TokenId | undefined {
  const [, id] = pattern.exec(secret) ?? []
  return id === undefined ? undefined : (`tk-${id}` as TokenId)
}

export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex')

export const isSecretOf = (secret: string, secretHash: string): boolean =>
  timingSafeEqual(Buffer.from(hashSecret(secret)), Buffer.from(secretHash))
