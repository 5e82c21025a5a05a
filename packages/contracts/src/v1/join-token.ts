import { z } from 'zod'
import { InvitationId } from './ids.ts'

// `join_<20 characters of the invitation's id>_<256 random bits>_<first half of the CA certificate's SHA-256>`: the
// prefix lets scanners find leaked ones, the id finds the invitation, the secret proves it, and by the last part a host
// knows the cloudlet that it was invited to from one that answers in its place.
const pattern = /^join_([0-9a-z]{20})_([\w-]{43})_([0-9a-f]{32})$/

/** What a host joins with, as it is passed around: one word. */
export const JoinToken = z.string().regex(pattern, 'a join token as `bramble node invite` prints it')

export interface JoinTokenParts {
  invitation: InvitationId
  /** 256 random bits in base64url. */
  secret: string
  /** The first 32 hexadecimal digits of the SHA-256 of the CA certificate (DER). */
  caFingerprint: string
}

export const formatJoinToken = ({ invitation, secret, caFingerprint }: JoinTokenParts): string =>
  `join_${invitation.slice(3)}_${secret}_${caFingerprint.slice(0, 32)}`

/** Undefined for what is no join token. */
export function parseJoinToken(token: string): JoinTokenParts | undefined {
  const [, id, secret, caFingerprint] = pattern.exec(token) ?? []
  if (id === undefined || secret === undefined || caFingerprint === undefined) return undefined
  return { invitation: InvitationId.parse(`iv-${id}`), secret, caFingerprint }
}
