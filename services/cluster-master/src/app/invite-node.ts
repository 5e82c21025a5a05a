import { randomBytes } from 'node:crypto'
import { formatJoinToken, newId } from '@bramble/contracts'
import type { CreatedInvitation, CreateInvitation } from '@bramble/contracts'
import { addMs } from '@bramble/kit'
import { hashSecret } from '../auth/secret.ts'
import { checkFleet } from '../join/fleet-names.ts'
import { showInvitation } from '../join/find-invitation.ts'
import { demandJoining } from '../join/joining.ts'
import type { Caller, Master } from '../master.ts'

/** Makes an invitation; its token is in what this returns and nowhere else. @throws `not_joinable`, `name_taken` */
export async function inviteNode(
  master: Master,
  caller: Caller,
  request: CreateInvitation,
): Promise<CreatedInvitation> {
  const { identity, masterUrl } = demandJoining(master)
  const { expiresInSeconds, node, fleet, ...rest } = request
  if (fleet !== undefined) checkFleet(master.records, fleet)
  const secret = randomBytes(32).toString('base64url')
  const stored = await master.records.invitations.insert({
    id: newId('invitation'),
    ...rest,
    ...(node !== undefined && { node }),
    ...(fleet !== undefined && { fleet }),
    refused: 0,
    claims: [],
    secretHash: hashSecret(secret),
    expiresAt: addMs(master.clock.now(), expiresInSeconds * 1000),
    createdBy: caller.tokenId,
  })
  const token = formatJoinToken({ invitation: stored.id, secret, caFingerprint: identity.fingerprint })
  return { invitation: showInvitation(stored), token, ...(masterUrl !== undefined && { masterUrl }) }
}
