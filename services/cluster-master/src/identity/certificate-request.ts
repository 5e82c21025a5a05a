import { createHash } from 'node:crypto'
import { ProblemError } from '@bramble/kit'
import * as x509 from './x509.ts'
import type { CryptoKey } from './x509.ts'

/** The key that somebody proved to have. Who they are is not theirs to say: the subject of a request is not looked at. */
export interface ProvenKey {
  publicKey: CryptoKey
  /** SHA-256 of its SubjectPublicKeyInfo (DER), hexadecimal. */
  fingerprint: string
}

const weakHashes = ['SHA-1', 'MD5']

/** Reads a PKCS #10 request (RFC 2986) and checks that it is signed with the key that it is for. @throws `csr_invalid` */
export async function readCertificateRequest(pem: string): Promise<ProvenKey> {
  const request = parse(pem)
  const { name, namedCurve } = request.publicKey.algorithm as { name: string; namedCurve?: string }
  if (name !== 'Ed25519' && !(name === 'ECDSA' && namedCurve === 'P-256'))
    throw refuse(`Its key is ${namedCurve ?? name}; EC P-256 or Ed25519 is asked for.`)
  if (weakHashes.includes(request.signatureAlgorithm.hash?.name ?? '')) throw refuse('It is signed over a weak hash.')
  if (!(await request.verify().catch(() => false))) throw refuse('It is not signed with the key that it is for.')
  const publicKey = await request.publicKey.export()
  return { publicKey, fingerprint: await fingerprintOf(publicKey) }
}

/** Of the key as it is written again here: one key may be encoded in several ways. */
async function fingerprintOf(publicKey: CryptoKey): Promise<string> {
  const der = await crypto.subtle.exportKey('spki', publicKey)
  return createHash('sha256').update(new Uint8Array(der)).digest('hex')
}

function parse(pem: string): x509.Pkcs10CertificateRequest {
  try {
    return new x509.Pkcs10CertificateRequest(pem)
  } catch (error) {
    throw refuse('It is no PKCS #10 request in PEM.', error)
  }
}

const refuse = (detail: string, cause?: unknown) => new ProblemError('csr_invalid', detail, { cause })
