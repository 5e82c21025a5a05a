// The CA of a cloudlet in the test's own process, and certificates as it would give them.
import 'reflect-metadata'
import { randomBytes, webcrypto } from 'node:crypto'
import { masterCommonName, masterServerName, nodeCommonName, nodeServerName } from '@bramble/contracts'
import type { NodeId } from '@bramble/contracts'
import * as x509 from '@peculiar/x509'
import type { NodeCertificate } from '../listener/held-certificate.ts'

export interface CertificateNames {
  commonName: string
  dnsName: string
}

export const masterNames: CertificateNames = { commonName: masterCommonName, dnsName: masterServerName }
export const namesOf = (node: string): CertificateNames => ({
  commonName: nodeCommonName(node as NodeId),
  dnsName: nodeServerName(node as NodeId),
})

export interface TestCa {
  certificate: string
  /** A key with its certificate; `validMs` below 0 for one that has expired. */
  issue(names: CertificateNames, validMs?: number): Promise<NodeCertificate>
  /** A certificate for the key of a request. */
  sign(csr: string, names: CertificateNames): Promise<string>
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const { serverAuth, clientAuth } = x509.ExtendedKeyUsage

const generate = () =>
  crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>

const hourMs = 3_600_000
const common = (validMs = hourMs) => ({
  serialNumber: `5${randomBytes(8).toString('hex').slice(1)}`,
  notBefore: new Date(Date.now() - 2 * hourMs),
  notAfter: new Date(Date.now() + validMs),
  signingAlgorithm: algorithm,
})

export async function makeTestCa(name = 'test'): Promise<TestCa> {
  const keys = await generate()
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    ...{ ...common(), name: `CN=${name}`, keys },
    extensions: [new x509.BasicConstraintsExtension(true, 0, true)],
  })
  const certify = async (
    publicKey: x509.PublicKeyType,
    { commonName, dnsName }: CertificateNames,
    validMs = hourMs,
  ) => {
    const certificate = await x509.X509CertificateGenerator.create({
      ...{
        ...common(validMs),
        subject: `CN=${commonName}`,
        issuer: root.subject,
        publicKey,
        signingKey: keys.privateKey,
      },
      extensions: [
        new x509.ExtendedKeyUsageExtension([serverAuth, clientAuth]),
        new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: dnsName }]),
      ],
    })
    return certificate.toString('pem')
  }
  const ca = root.toString('pem')
  return {
    certificate: ca,
    issue: async (names, validMs) => {
      const own = await generate()
      const key = x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', own.privateKey), 'PRIVATE KEY')
      return { key, certificate: await certify(own.publicKey, names, validMs), ca }
    },
    sign: (csr, names) => certify(new x509.Pkcs10CertificateRequest(csr).publicKey, names),
  }
}
