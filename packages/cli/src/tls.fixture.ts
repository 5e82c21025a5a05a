import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { makeAuthority, type TestAuthority } from '@bramble/testkit'

// Masters that speak TLS, for the CLI to trust or not.

export interface TlsMaster extends TestAuthority, Disposable {
  url: string
  /** The tokens that arrived. */
  tokens: string[]
}

export interface TlsMasterOptions {
  /** Alternative names of its certificate, as openssl writes them. */
  names?: string
  /** Of its certificate; below 0 it has expired. */
  days?: number
  showsAuthority?: boolean
}

/** Answers every call as a master answers who asks for himself. */
export const startTlsMaster = async (folder: string, options: TlsMasterOptions = {}): Promise<TlsMaster> => {
  const { names = 'IP:127.0.0.1', days = 1, showsAuthority = true } = options
  const authority = await makeAuthority(folder)
  const { key, certificate } = await authority.issue({ names, days })
  const tokens: string[] = []
  const server = createServer(
    { key, cert: certificate + (showsAuthority ? authority.ca : '') },
    (request, response) => {
      tokens.push(request.headers.authorization ?? '')
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ tokenId: 'tk', name: 'me', roles: ['admin'] }))
    },
  )
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    ...authority,
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tokens,
    [Symbol.dispose]: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
