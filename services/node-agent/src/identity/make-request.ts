import 'reflect-metadata'
import { createPrivateKey } from 'node:crypto'
import type { webcrypto } from 'node:crypto'
import { nodeCommonName } from '@bramble/contracts'
import type { NodeId } from '@bramble/contracts'
import { Pkcs10CertificateRequestGenerator, PemConverter } from '@peculiar/x509'

const keyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256' }
const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' }

/** A new private key (PKCS #8, PEM), EC P-256. */
export async function makeKey(): Promise<string> {
  const { privateKey } = (await crypto.subtle.generateKey(keyAlgorithm, true, ['sign'])) as webcrypto.CryptoKeyPair
  return `${PemConverter.encode(await crypto.subtle.exportKey('pkcs8', privateKey), 'PRIVATE KEY')}\n`
}

/** Asks for a certificate for a key (PKCS #10, PEM): it proves that we have it, and does not contain it. */
export async function makeRequest(key: string, node: NodeId): Promise<string> {
  const jwk = createPrivateKey(key).export({ format: 'jwk' })
  const { d: _private, ...publicJwk } = jwk
  const importKey = (of: webcrypto.JsonWebKey, usage: 'sign' | 'verify') =>
    crypto.subtle.importKey('jwk', of, keyAlgorithm, true, [usage])
  const keys = { privateKey: await importKey(jwk, 'sign'), publicKey: await importKey(publicJwk, 'verify') }
  const name = `CN=${nodeCommonName(node)}`
  return (await Pkcs10CertificateRequestGenerator.create({ name, keys, signingAlgorithm })).toString('pem')
}
