// How a node knows its master over TLS. Before it has joined: by the fingerprint in the join token, which is compared
// before anything is said, so that the token goes to no stranger. From then on: by the CA of its cloudlet, or the one that
// the settings name. The node shows its own certificate, without which the master takes no token of a node.
import { masterServerName } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import { certificateProblemOf, fetchTrusting, findRoot, readChain } from '@bramble/tls-client'
import type { Fetch, Trust } from '@bramble/tls-client'
import { NotOurCloudletError } from './check-joined.ts'

export interface OwnCertificate {
  key: string
  certificate: string
}

export interface MasterTrust {
  /** Refuses to say anything over TLS while nobody is trusted. */
  fetch: Fetch
  /** Whether what is asked can be asked already. */
  isKnown(): boolean
  /** Trusts the cloudlet of a fingerprint, if it is that one which answers. @throws NotOurCloudletError, `unavailable` */
  findBy(caFingerprint: string, signal: AbortSignal): Promise<void>
  /** Trusts a cloudlet that was joined, and shows who we are in it. */
  joined(caCertificate: string, own: OwnCertificate): void
  /** The next certificate of the same node. */
  show(own: OwnCertificate): void
}

export interface MasterTrustOptions {
  /** Several on one store share its authority. */
  urls: readonly string[]
  /** PEM: the authority of a certificate that was given to the master. */
  ca?: string | undefined
}

export function createMasterTrust({ urls, ca: given }: MasterTrustOptions): MasterTrust {
  const encrypted = urls.filter(isTls)
  let ca = given
  let own: OwnCertificate | undefined
  const trustNow = (): Trust => {
    if (ca === undefined)
      throw new ProblemError('certificate_untrusted', `Nothing is known of who answers at ${urls.join(', ')}.`)
    return { ca, own, serverName: masterServerName }
  }
  const overTls = fetchTrusting(trustNow)
  return {
    fetch: (where, init) => (isTls(String(where)) ? overTls(where, init) : fetch(where, init)),
    isKnown: () => encrypted.length === 0 || ca !== undefined,
    findBy: async (caFingerprint, signal) => {
      if (encrypted.length === 0 || given !== undefined) return
      ca = own = undefined
      ca = await rootAtAny(encrypted, caFingerprint, signal)
    },
    joined: (caCertificate, certificate) => {
      ca = given ?? caCertificate
      own = certificate
    },
    show: (certificate) => void (own = certificate),
  }
}

const isTls = (url: string) => url.startsWith('https:')

/** Of whichever answers. One that is away may be ours yet; that another one is a stranger says nothing of it. */
async function rootAtAny(urls: readonly string[], caFingerprint: string, signal: AbortSignal): Promise<string> {
  const looks = await Promise.allSettled(urls.map((url) => rootAt(url, caFingerprint, signal)))
  const found = looks.find((look) => look.status === 'fulfilled')
  if (found) return found.value
  const reasons = looks.map((look) => (look as PromiseRejectedResult).reason as unknown)
  throw reasons.find((reason) => !(reason instanceof NotOurCloudletError)) ?? reasons[0]
}

async function rootAt(url: string, caFingerprint: string, signal: AbortSignal): Promise<string> {
  const chain = await readChain(url, signal).catch((cause: unknown) => {
    signal.throwIfAborted()
    throw problemAt(url, cause)
  })
  const root = findRoot(chain, caFingerprint)
  if (root) return root.toString()
  throw new NotOurCloudletError(
    `what answers at ${url} shows no certificate of the cloudlet that the join token names: nothing was sent to it`,
  )
}

/** Why the master could not be asked: what is wrong with its certificate, or that it is away. */
export function problemAt(url: string, cause: unknown): ProblemError {
  if (cause instanceof ProblemError) return cause
  const problem = certificateProblemOf(cause, url)
  if (problem) return new ProblemError(problem.code, problem.detail, { cause })
  return new ProblemError('unavailable', `The master at ${url} cannot be reached`, { cause })
}
