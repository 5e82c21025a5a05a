// Whom to believe over TLS. Nothing is trusted because it answers: a fingerprint that came another way says which
// authority is the cloudlet's, and that one's certificate is kept in the context.
import { findAuthority, ProblemError, readAuthorities } from '@bramble/client'
import { makeProblem } from '@bramble/contracts'
import { UsageError } from '../exit-code.ts'

/** The certificate (PEM) of the authority that has the fingerprint. @throws `certificate_untrusted` when another answers */
export const pinAuthority = async (url: string, fingerprint: string): Promise<string> => {
  if (!url.startsWith('https:')) throw new UsageError(`--ca-fingerprint is for https://, not for ${url}`)
  const found = await findAuthority(url, fingerprint)
  if (found === 'no fingerprint')
    throw new UsageError('a fingerprint has 64 hexadecimal digits, of which 32 are enough')
  if (found) return found
  const detail = `None of the certificates shown at ${url} has this fingerprint.`
  throw new ProblemError(makeProblem('certificate_untrusted', detail))
}

export const isUntrusted = (error: unknown): boolean =>
  error instanceof ProblemError && error.problem.code === 'certificate_untrusted'

/** The refusal, with what was seen and how to find out whether it is right. */
export const explainUntrusted = async (url: string, { known }: { known: boolean }): Promise<ProblemError> => {
  const [seen] = await readAuthorities(url)
  const who = known
    ? `${url} shows a certificate of another authority than the one given`
    : `nothing vouches for ${url}`
  if (!seen) {
    const hint = 'Give the certificate of its authority: bramble login --ca-file FILE.'
    return new ProblemError(
      makeProblem('certificate_untrusted', `${who}, and it does not show its authority.`, { hint }),
    )
  }
  const hint =
    'Compare it with what `bramble system ca` prints on the master itself (docker compose exec cluster-master bramble system ca). ' +
    `If they are equal: bramble login --url ${url} --ca-fingerprint ${seen}`
  const detail = `${who}; the fingerprint of its authority is ${seen}`
  return new ProblemError(makeProblem('certificate_untrusted', detail, { hint }))
}
