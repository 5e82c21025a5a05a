import { findRoot, fingerprintOf, readChain, readFingerprint } from '@bramble/tls-client'
import { UnreachableError } from './errors.ts'

const chainAt = (url: string) =>
  readChain(url).catch((error: unknown) => {
    throw new UnreachableError(url, error)
  })

/** Fingerprints of the authorities that the master shows, proven by nothing: to be compared by who knows the right one. */
export const readAuthorities = async (url: string): Promise<string[]> =>
  (await chainAt(url)).filter(({ ca }) => ca).map((it) => fingerprintOf(it))

/**
 * The certificate (PEM) of the authority with this fingerprint among those that the master shows; nothing is sent to it.
 * What the fingerprint does not name is undefined.
 */
export const findAuthority = async (url: string, text: string): Promise<string | 'no fingerprint' | undefined> => {
  const fingerprint = readFingerprint(text)
  if (fingerprint === undefined) return 'no fingerprint'
  return findRoot(await chainAt(url), fingerprint)?.toString()
}
