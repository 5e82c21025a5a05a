import type { Socket } from 'node:net'
import type { X509Certificate } from 'node:crypto'
import { hash } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { nodeOfCommonName } from '@bramble/contracts'
import type { Node } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'

/**
 * Over TLS a node's token counts only with the key that the node joined with: a token that was read somewhere opens
 * nothing. Nodes of the master's own process have joined nowhere and have none.
 * @throws `node_certificate_refused`
 */
export function checkNodeCertificate(socket: Socket, { id, identity }: Node): void {
  if (!isTls(socket) || !identity) return
  const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined
  if (!certificate) throw refuse(`The token of ${id} came without a certificate that counts.`)
  const name = certificate.toLegacyObject().subject.CN
  if (typeof name !== 'string' || nodeOfCommonName(name) !== id)
    throw refuse(`The token of ${id} came with the certificate of ${String(name)}.`)
  if (keyOf(certificate) !== identity.key)
    throw refuse(`The certificate of ${id} is for another key than the one that it joined with.`)
}

const isTls = (socket: Socket): socket is TLSSocket => 'encrypted' in socket && socket.encrypted === true

/** SHA-256 of the public key (DER), as a node's identity names it. */
const keyOf = ({ publicKey }: X509Certificate): string =>
  hash('sha256', publicKey.export({ type: 'spki', format: 'der' }), 'hex')

const refuse = (detail: string) => new ProblemError('node_certificate_refused', detail)
