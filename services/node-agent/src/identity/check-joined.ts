import { X509Certificate, createPrivateKey } from 'node:crypto'
import { nodeOfCommonName } from '@bramble/contracts'
import type { JoinedNode } from '@bramble/contracts'

/** Somebody answered in the place of the cloudlet that the token is of, or what it answered is of no use. */
export class NotOurCloudletError extends Error {}

export interface Expected {
  /** Of the CA's certificate, as the token tells it: the first digits of its SHA-256. */
  caFingerprint: string
  /** That the certificate must be for, PEM. */
  key: string
}

type Joined = Pick<JoinedNode, 'node' | 'certificate' | 'caCertificate'>

/**
 * Checks what a join was answered before any of it is trusted. Everything hangs on the fingerprint: it came with the
 * invitation, by another way than the answer. @throws NotOurCloudletError
 */
export function checkJoined(joined: Joined, { caFingerprint, key }: Expected): void {
  const ca = read(joined.caCertificate, 'the CA certificate')
  if (!fingerprintOf(joined.caCertificate).startsWith(caFingerprint.toLowerCase()))
    throw new NotOurCloudletError('the CA certificate is not the one that the join token names')
  const certificate = read(joined.certificate, 'the certificate')
  if (!certificate.verify(ca.publicKey)) throw new NotOurCloudletError('the certificate is not signed by the CA')
  if (!certificate.checkPrivateKey(createPrivateKey(key)))
    throw new NotOurCloudletError('the certificate is for another key')
  const { CN } = certificate.toLegacyObject().subject
  if (typeof CN !== 'string' || nodeOfCommonName(CN) !== joined.node)
    throw new NotOurCloudletError(`the certificate is of ${String(CN)}, not of node ${joined.node}`)
}

/** SHA-256 of a certificate (PEM), hexadecimal. */
export const fingerprintOf = (pem: string): string =>
  new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase()

function read(pem: string, what: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch (cause) {
    throw new NotOurCloudletError(`${what} cannot be read`, { cause })
  }
}
