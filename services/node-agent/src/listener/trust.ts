import type { RefusedNode } from '@bramble/contracts'
import type { Authenticate, ListenTls } from '@bramble/kit'
import { checkCertificate } from './check-certificate.ts'
import { checkKey } from './check-key.ts'
import type { HeldCertificate, NodeCertificate } from './held-certificate.ts'

/** By what the listener knows its callers. */
export type ListenerTrust =
  /** A key that only the master has: where both are one process, over loopback. */
  | { kind: 'key'; key: string }
  /** HTTPS. Who has no certificate of the cloudlet's CA gets no connection. */
  | { kind: 'certificates'; held: HeldCertificate }

/** How to listen, and how to tell who calls. `refused`: nodes whose certificates no longer count. */
export function guardsOf(
  trust: ListenerTrust,
  refused: () => readonly RefusedNode[],
): { authenticate: Authenticate; tls?: ListenTls } {
  if (trust.kind === 'key') return { authenticate: checkKey(trust.key) }
  return { authenticate: checkCertificate(refused), tls: tlsOf(trust.held.current()) }
}

export const tlsOf = ({ key, certificate, ca }: NodeCertificate): ListenTls => ({ key, certificate, clientCa: ca })
