import { checkServerIdentity } from 'node:tls'
import type { ConnectionOptions, PeerCertificate } from 'node:tls'

/** What a client of TLS believes, and by what it is known itself. PEM texts. */
export interface Trust {
  /** The only authorities that count; when absent those of Node (the public ones, and NODE_EXTRA_CA_CERTS). */
  ca?: string | undefined
  /** The name that a server of the cloudlet's own CA has whatever its address is, beside that of its URL. */
  serverName?: string | undefined
  /** Shown to a server that asks for it. */
  own?: { key: string; certificate: string } | undefined
}

/** As `tls.connect` takes it. Only where the CA is named is the name of the cloudlet's own enough. */
export function tlsOptionsOf({ ca, serverName, own }: Trust): ConnectionOptions {
  return {
    minVersion: 'TLSv1.3',
    ...(ca !== undefined && { ca }),
    ...(own && { key: own.key, cert: own.certificate }),
    ...(ca !== undefined && serverName !== undefined && { checkServerIdentity: checkEither(serverName) }),
  }
}

const checkEither = (serverName: string) => (host: string, certificate: PeerCertificate) =>
  checkServerIdentity(serverName, certificate) && checkServerIdentity(host, certificate)
