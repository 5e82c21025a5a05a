import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { HttpApp } from './create-http-app.ts'
import { refusePlain } from './refuse-plain.ts'

export interface ListenOptions {
  /** Loopback when absent: a wider address is always named. */
  host?: string
  /** 0 or absent: a free one. */
  port?: number
  /** How long `close()` waits for requests under way before it cuts them; 5 s when absent. */
  graceMs?: number
  /** HTTPS when given. */
  tls?: ListenTls
}

/** PEM texts. */
export interface ListenTls {
  key: string
  certificate: string
  /** Clients must show a certificate of this CA: without one there is no connection. */
  clientCa?: string
  /** They may also show none, or a bad one: whether it counts stands at the socket (`authorized`). */
  clientIsOptional?: boolean
}

export interface HttpServer {
  url: string
  port: number
  /** New connections get this certificate; for a server of HTTPS. */
  renewTls(tls: ListenTls): void
  /** Stops accepting, ends event streams and idle connections, waits for what is under way. */
  close(): Promise<void>
}

export async function listen(app: HttpApp, options: ListenOptions = {}): Promise<HttpServer> {
  const { host = '127.0.0.1', port = 0, graceMs = 5000, tls } = options
  const tlsServer = tls && createTlsServer(tlsOptions(tls), app.express)
  const cutUnknown = tlsServer ? refusePlain(tlsServer) : () => {}
  const server = tlsServer ?? createServer(app.express)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const bound = server.address() as AddressInfo
  return {
    url: `${tls ? 'https' : 'http'}://${urlHost(host)}:${bound.port}`,
    port: bound.port,
    renewTls: (next) => tlsServer?.setSecureContext(tlsOptions(next)),
    close: () => {
      const cut = () => {
        server.closeAllConnections()
        cutUnknown()
      }
      return closeServer(server, app, { graceMs, cut })
    },
  }
}

const tlsOptions = ({ key, certificate: cert, clientCa: ca, clientIsOptional = false }: ListenTls) => ({
  key,
  cert,
  minVersion: 'TLSv1.3' as const,
  ...(ca !== undefined && { ca, requestCert: true, rejectUnauthorized: !clientIsOptional }),
})

interface Closing {
  graceMs: number
  cut: () => void
}

async function closeServer(server: Pick<Server, 'close'>, app: HttpApp, { graceMs, cut }: Closing): Promise<void> {
  app.closing.abort()
  const timer = setTimeout(cut, graceMs)
  await new Promise<void>((resolve) => server.close(() => resolve()))
  clearTimeout(timer)
}

/** What a client on this host puts into the URL. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}
