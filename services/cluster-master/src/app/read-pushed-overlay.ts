import type { Digest } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import type { Master } from '../master.ts'
import { readPushed } from './read-pushed-base.ts'

/** What an overlay document tells, read from what was pushed. @throws `base_unknown` with the digest of its base */
export async function readPushedOverlay(master: Pick<Master, 'artifacts' | 'records'>, digest: Digest) {
  const { base: baseDigest, sizeBytes, hasAgent } = await readPushed(master, 'overlay', digest)
  const base = baseDigest && baseOfDigest(master, baseDigest)
  if (!base) throw new ProblemError('base_unknown', `The overlay was made on base ${baseDigest}.`)
  return { digest, base: base.id, baseDigest, sizeBytes, ...(hasAgent !== undefined && { hasAgent }) }
}

export function baseOfDigest({ records }: Pick<Master, 'records'>, digest: Digest) {
  for (const base of records.bases.values()) if (base.digest === digest) return base
  return undefined
}
