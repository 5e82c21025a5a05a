import { once } from 'node:events'
import { request } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import type { TLSSocket } from 'node:tls'
import { makeAuthority, makeTempFolder } from '@bramble/testkit'
import type { TempFolder, TestAuthority } from '@bramble/testkit'
import { silentLogger } from '../log/logger.ts'
import { createHttpApp } from './create-http-app.ts'
import { listen } from './listen.ts'
import type { HttpServer, ListenTls } from './listen.ts'

let folder: TempFolder
let authority: TestAuthority
let tls: ListenTls
let server: HttpServer
beforeAll(async () => {
  folder = await makeTempFolder()
  authority = await makeAuthority(folder.path)
  tls = await authority.issue({ names: 'IP:127.0.0.1' })
})
beforeEach(async () => {
  const app = createHttpApp({ logger: silentLogger(), authenticate: () => undefined })
  app.router.get('/', (_request, response) => void response.end('hello'))
  server = await listen(app, { tls, graceMs: 100 })
})
afterEach(() => server.close())
afterAll(() => folder.remove())

async function ask(): Promise<{ said: string; serial: string }> {
  const asked = request(server.url, { ca: authority.ca, agent: false }).end()
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  const { serialNumber } = (response.socket as TLSSocket).getPeerCertificate()
  return { said: await text(response), serial: serialNumber }
}

describe('a port of TLS', () => {
  it('answers over TLS, and plain HTTP with a problem', async () => {
    expect((await ask()).said).toBe('hello')
    const plain = await fetch(server.url.replace('https', 'http'), { method: 'POST', body: 'x'.repeat(100_000) })
    expect(plain.status).toBe(400)
    expect(plain.headers.get('content-type')).toBe('application/problem+json')
    expect(await plain.json()).toMatchObject({ code: 'not_encrypted' })
  })

  it('shows another certificate to new connections once it is renewed', async () => {
    const before = await ask()
    server.renewTls(await authority.issue({ names: 'IP:127.0.0.1' }))
    const after = await ask()
    expect(after.said).toBe('hello')
    expect(after.serial).not.toBe(before.serial)
  })

  it('closes in time though somebody is connected who says nothing', async () => {
    const silent = connect(server.port, '127.0.0.1')
    await once(silent, 'connect')
    expect((await ask()).said).toBe('hello')
    const ended = once(silent, 'close')
    const startedMs = performance.now()
    await server.close()
    expect(performance.now() - startedMs).toBeLessThan(2000)
    await ended
  })
})
