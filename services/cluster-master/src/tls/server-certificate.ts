// What the API shows of itself: the files that it was given, or a certificate of the cloudlet's own CA, whose key is made
// here, never written, and another one at every start.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Clock, ListenTls } from '@bramble/kit'
import type { Identity } from '../identity/open-identity.ts'
import { dayMs } from '../identity/certificate-authority.ts'
import type { HttpSettings } from './http-settings.ts'

export interface ServerCertificate {
  current(): ListenTls
  /** Looks for a better one: files that changed, or one of the CA before the present one expires. */
  renewed(): Promise<ListenTls | undefined>
}

export interface ServerCertificateParts {
  http: Pick<HttpSettings, 'certificateFile' | 'keyFile'>
  names: readonly string[]
  identity: Pick<Identity, 'issueServer' | 'caCertificate'>
  clock: Pick<Clock, 'now'>
}

const renewBeforeMs = 30 * dayMs

/** @throws when the files given cannot be read, or do not belong together */
export async function openServerCertificate(parts: ServerCertificateParts): Promise<ServerCertificate> {
  const { http, identity, clock } = parts
  const clients = { clientCa: identity.caCertificate, clientIsOptional: true }
  let present = { ...(await next(parts)), ...clients }
  const isGood = () =>
    !http.certificateFile && new X509Certificate(present.certificate).validToDate.getTime() - nowMs() > renewBeforeMs
  const nowMs = () => Date.parse(clock.now())
  return {
    current: () => present,
    renewed: async () => {
      if (isGood()) return undefined
      const { key, certificate } = await next(parts)
      if (certificate === present.certificate) return undefined
      return (present = { key, certificate, ...clients })
    },
  }
}

async function next({ http, names, identity }: ServerCertificateParts) {
  const { certificateFile, keyFile } = http
  if (certificateFile === undefined || keyFile === undefined) return identity.issueServer(names)
  const [certificate, key] = await Promise.all([certificateFile, keyFile].map((path) => readFile(path, 'utf8')))
  if (!new X509Certificate(certificate!).checkPrivateKey(createPrivateKey(key!)))
    throw new Error(`The key in ${keyFile} is not that of the certificate in ${certificateFile}`)
  return { key: key!, certificate: certificate! }
}
