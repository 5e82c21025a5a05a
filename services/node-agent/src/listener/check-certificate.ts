// Who calls over TLS. The handshake has proven that the caller has the key of a certificate of the cloudlet's CA; its
// common name says who that is: the master, which may ask everything, or a node, which may read blobs.
import { hash } from 'node:crypto'
import type { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { masterCommonName, nodeOfCommonName } from '@bramble/contracts'
import type { Principal, RefusedNode } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import type { Authenticate } from '@bramble/kit'

export const checkCertificate =
  (refused: () => readonly RefusedNode[]): Authenticate =>
  ({ socket }) => {
    const certificate = (socket as TLSSocket).getPeerX509Certificate()
    if (!certificate) throw new ProblemError('unauthenticated', 'The connection carries no certificate.')
    const caller = callerOf(certificate)
    if (!caller) throw new ProblemError('forbidden', 'The certificate is neither of the master nor of a node.')
    if (caller.node === undefined) return caller
    const key = keyFingerprint(certificate)
    if (refused().some((it) => it.key === key))
      throw new ProblemError('forbidden', `The certificate of ${caller.node} does not count: it is refused.`)
    return caller
  }

function callerOf(certificate: X509Certificate): Principal | undefined {
  const name = certificate.toLegacyObject().subject.CN
  if (typeof name !== 'string') return undefined
  if (name === masterCommonName) return { tokenId: name, name, roles: ['admin'] }
  const node = nodeOfCommonName(name)
  return node && { tokenId: name, name, roles: ['node'], node }
}

/** SHA-256 of the public key (DER), hexadecimal: as desired documents name refused keys. */
export const keyFingerprint = ({ publicKey }: Pick<X509Certificate, 'publicKey'>): string =>
  hash('sha256', publicKey.export({ type: 'spki', format: 'der' }), 'hex')
