import type { Timestamp } from '@bramble/contracts'
import type { Claim, StoredInvitation } from '../store/store.ts'

export type Verdict =
  /** One of its uses is this host's now. */
  | { kind: 'claimed' }
  /** It was this host's before: the answer got lost on its way. */
  | { kind: 'again' }
  | { kind: 'used' }
  | { kind: 'expired' }

/** Whether a host may join by an invitation. Who comes again has shown by its key that it is the same host. */
export function judgeClaim(
  { claims, uses, expiresAt }: Pick<StoredInvitation, 'claims' | 'uses' | 'expiresAt'>,
  { key, node }: Claim,
  now: Timestamp,
): Verdict {
  const own = claims.find((claim) => claim.key === key)
  if (own) return { kind: own.node === node ? 'again' : 'used' }
  if (claims.length >= uses) return { kind: 'used' }
  return { kind: now < expiresAt ? 'claimed' : 'expired' }
}
