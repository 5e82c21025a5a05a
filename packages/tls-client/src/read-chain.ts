// Looks at who is there before anything is said to them. The certificates are taken as they come and nothing is sent, so
// what is read here proves nothing yet: a fingerprint does, and the connection that is made with the root it names.
import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { connect } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import { fingerprintOf } from './fingerprint.ts'

const answerWithinMs = 10_000

/** The certificates that the server shows, its own first. @throws when there is none, or no TLS */
export async function readChain(url: string, signal?: AbortSignal): Promise<X509Certificate[]> {
  const { hostname, port } = new URL(url)
  const host = hostname.replace(/^\[|\]$/g, '')
  const socket = connect({
    ...{ host, port: Number(port) || 443, minVersion: 'TLSv1.3', rejectUnauthorized: false },
    ...(isIP(host) === 0 && { servername: host }),
  })
  const limit = AbortSignal.any([AbortSignal.timeout(answerWithinMs), ...(signal ? [signal] : [])])
  limit.addEventListener('abort', () => socket.destroy(limit.reason as Error))
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve).once('error', reject)
      socket.once('close', () => reject(new Error('it ended before it showed a certificate')))
    })
    return chainOf(socket)
  } finally {
    socket.destroy()
  }
}

/** The certificate of an authority among those shown that has this fingerprint, or one that begins so. */
export const findRoot = (chain: readonly X509Certificate[], fingerprint: string): X509Certificate | undefined =>
  chain.find((it) => it.ca && fingerprintOf(it).startsWith(fingerprint))

function chainOf(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = []
  let next = socket.getPeerX509Certificate()
  while (next && !chain.some(({ fingerprint256 }) => fingerprint256 === next?.fingerprint256)) {
    chain.push(next)
    next = next.issuerCertificate
  }
  return chain
}
