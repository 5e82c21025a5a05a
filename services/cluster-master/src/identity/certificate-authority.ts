// Certificates of a cloudlet's own authority (RFC 5280): one root, made once, that signs the master and the nodes and
// nothing else. Names are ours alone (`.internal` is nobody's), so a certificate says who in the cloudlet somebody is, not
// at which address. Keys are EC P-256: every TLS library takes them, and a small host signs with them quickly.
import { randomBytes } from 'node:crypto'
import { isIP } from 'node:net'
import { masterCommonName, masterServerName, nodeCommonName, nodeServerName } from '@bramble/contracts'
import type { NodeId, Timestamp } from '@bramble/contracts'
import { addMs } from '@bramble/kit'
import * as x509 from './x509.ts'
import type { CryptoKey, CryptoKeyPair } from './x509.ts'

export const dayMs = 86_400_000
export const nodeCertificateDays = 365
export const serverCertificateDays = 90
const rootDays = 20 * 365
/** Clocks of hosts may be behind ours: some have none of their own, and this one may have been set by hand. */
const skewMs = 24 * 3_600_000

const keyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256' }
const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' }

export interface Authority {
  key: CryptoKey
  certificate: x509.X509Certificate
}

export interface Issued {
  certificate: x509.X509Certificate
  expiresAt: Timestamp
}

/** A key pair for one of the master's own certificates. */
export const generateKeys = (): Promise<CryptoKeyPair> =>
  crypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify']) as Promise<CryptoKeyPair>

/** The signing key of a PEM text (PKCS #8). */
export const importKey = (pem: string): Promise<CryptoKey> =>
  crypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(pem), keyAlgorithm, true, ['sign'])

export async function exportKey(key: CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`
}

export async function createRoot(keys: CryptoKeyPair, now: Timestamp): Promise<x509.X509Certificate> {
  return x509.X509CertificateGenerator.createSelfSigned({
    ...validity(now, rootDays),
    // Its own number keeps two cloudlets' roots apart in whatever shows certificates by name.
    name: `CN=Bramble cloudlet ${randomBytes(4).toString('hex')}`,
    keys,
    signingAlgorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
}

/** For the master as the client of its agents; good for as long as the root. */
export const issueMaster = (authority: Authority, publicKey: CryptoKey, now: Timestamp): Promise<Issued> =>
  issue(authority, publicKey, {
    now,
    days: rootDays,
    commonName: masterCommonName,
    names: [masterServerName],
    usages: [x509.ExtendedKeyUsage.clientAuth],
  })

/** For a node's listener, and for the node as the client of its neighbours. */
export const issueNode = (
  authority: Authority,
  publicKey: CryptoKey,
  { node, now }: { node: NodeId; now: Timestamp },
): Promise<Issued> =>
  issue(authority, publicKey, {
    now,
    days: nodeCertificateDays,
    commonName: nodeCommonName(node),
    names: [nodeServerName(node)],
    usages: [x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth],
  })

/** For the master as a server, under the names and addresses at which it is reached, and its own. */
export const issueServer = (
  authority: Authority,
  publicKey: CryptoKey,
  { names, now }: { names: readonly string[]; now: Timestamp },
): Promise<Issued> =>
  issue(authority, publicKey, {
    now,
    days: serverCertificateDays,
    commonName: masterCommonName,
    names: [masterServerName, ...names],
    usages: [x509.ExtendedKeyUsage.serverAuth],
  })

interface Leaf {
  now: Timestamp
  days: number
  commonName: string
  /** DNS names and IP addresses. */
  names: readonly string[]
  usages: x509.ExtendedKeyUsage[]
}

async function issue({ key, certificate: root }: Authority, publicKey: CryptoKey, leaf: Leaf): Promise<Issued> {
  const { commonName, names, usages } = leaf
  const { notBefore, notAfter, serialNumber } = validity(leaf.now, leaf.days)
  const expires = notAfter < root.notAfter ? notAfter : root.notAfter
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber,
    notBefore,
    notAfter: expires,
    subject: [{ CN: [commonName] }],
    issuer: root.subjectName,
    publicKey,
    signingKey: key,
    signingAlgorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(usages),
      new x509.SubjectAlternativeNameExtension(names.map(asAlternativeName)),
      await x509.AuthorityKeyIdentifierExtension.create(root.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
    ],
  })
  return { certificate, expiresAt: expires.toISOString() as Timestamp }
}

const asAlternativeName = (value: string) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value }) as const

const validity = (now: Timestamp, days: number) => ({
  serialNumber: newSerial(),
  notBefore: new Date(addMs(now, -skewMs)),
  notAfter: new Date(addMs(now, days * dayMs)),
})

/** Positive, and of 16 bytes exactly: a leading bit would be a sign, a leading zero would be dropped. */
function newSerial(): string {
  const bytes = randomBytes(16)
  bytes[0] = (bytes[0]! & 0x3f) | 0x40
  return bytes.toString('hex')
}
