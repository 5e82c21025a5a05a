import * as x509 from './x509.ts'
import type { CryptoKey, CryptoKeyPair } from './x509.ts'

// Certificate requests for tests, as a host that joins would make them.

const generators = {
  p256: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  p384: { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-256' },
  ed25519: { name: 'Ed25519' },
  rsa: {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
  },
} as const
export type KeyKind = keyof typeof generators

export const generateHostKeys = (kind: KeyKind = 'p256'): Promise<CryptoKeyPair> =>
  crypto.subtle.generateKey(generators[kind], true, ['sign', 'verify']) as Promise<CryptoKeyPair>

export interface RequestParts {
  keys: CryptoKeyPair
  /** Signs in place of the key that the request is for. */
  signedBy?: CryptoKey
  name?: string
  hash?: string
}

export async function makeRequest({
  keys,
  signedBy,
  name = 'CN=any',
  hash = 'SHA-256',
}: RequestParts): Promise<string> {
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name,
    keys: { publicKey: keys.publicKey, privateKey: signedBy ?? keys.privateKey },
    signingAlgorithm: { ...keys.privateKey.algorithm, hash },
  })
  return request.toString('pem')
}
