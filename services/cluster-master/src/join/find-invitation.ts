import { parseJoinToken } from '@bramble/contracts'
import type { Invitation } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import { isSecretOf } from '../auth/secret.ts'
import type { Records } from '../records/records.ts'
import type { StoredInvitation } from '../store/store.ts'

/** The invitation that a join token is of. @throws `join_token_unknown` */
export function findInvitation({ invitations }: Pick<Records, 'invitations'>, token: string): StoredInvitation {
  const parts = parseJoinToken(token)
  const invitation = parts && invitations.get(parts.invitation)
  if (invitation && isSecretOf(parts.secret, invitation.secretHash)) return invitation
  throw new ProblemError('join_token_unknown', 'The token is of no invitation that there is.')
}

/** An invitation as it is shown: without the hash of its secret. */
export function showInvitation({ secretHash: _hash, claims, ...invitation }: StoredInvitation): Invitation {
  return { ...invitation, used: claims.length }
}
