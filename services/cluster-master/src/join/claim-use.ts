import type { InvitationId } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import type { Master } from '../master.ts'
import type { Claim } from '../store/store.ts'
import { judgeClaim } from './claim.ts'
import type { Verdict } from './claim.ts'

/** More refusals are not counted: who has a used token could have us write for ever. */
const countedRefusals = 1000

/**
 * Takes one use of an invitation for a host, durably and once: of two hosts at the same time the store lets only one
 * write its claim on what both have read. @throws `join_token_used`, which is kept as an alarm; `join_token_expired`
 */
export async function claimUse(
  { records, clock, inTurn }: Pick<Master, 'records' | 'clock' | 'inTurn'>,
  id: InvitationId,
  claim: Claim,
): Promise<'claimed' | 'again'> {
  let verdict: Verdict = { kind: 'expired' }
  const claimed = await inTurn(`invitation ${id}`, () =>
    records.invitations.update(id, (invitation) => {
      verdict = judgeClaim(invitation, claim, clock.now())
      if (verdict.kind === 'claimed') return { ...invitation, claims: [...invitation.claims, claim] }
      if (verdict.kind !== 'used' || invitation.refused >= countedRefusals) return undefined
      return { ...invitation, refused: invitation.refused + 1 }
    }),
  )
  if (!claimed) throw new ProblemError('join_token_unknown', 'The invitation was taken back.')
  return demandClaim(verdict)
}

function demandClaim({ kind }: Verdict): 'claimed' | 'again' {
  if (kind === 'used') throw new ProblemError('join_token_used', 'Another host has joined with this token.')
  if (kind === 'expired') throw new ProblemError('join_token_expired', 'The token was not used in time.')
  return kind
}
