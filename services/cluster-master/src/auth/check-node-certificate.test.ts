import { mkdtemp, rm } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { Agent, request as httpsRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import type { NodeId, Problem } from '@bramble/contracts'
import { createHttpApp, fakeClock, listen, silentLogger, systemClock } from '@bramble/kit'
import type { HttpServer } from '@bramble/kit'
import { readCertificateRequest } from '../identity/certificate-request.ts'
import { exportKey } from '../identity/certificate-authority.ts'
import { openIdentity } from '../identity/open-identity.ts'
import type { Identity } from '../identity/open-identity.ts'
import { generateHostKeys, makeRequest } from '../identity/request-fixture.ts'
import { openServerCertificate } from '../tls/server-certificate.ts'
import { createAuthenticate } from './authenticate.ts'
import { hashSecret, newSecret } from './secret.ts'

const pi = 'pi-07' as NodeId
const secret = newSecret('tk-00000000000000000000' as never)
const tokens = new Map([
  ['tk-00000000000000000000', { id: 'tk', name: `node.${pi}`, roles: ['node'], secretHash: hashSecret(secret) }],
])
const nodes = new Map<string, object>()

interface Shown {
  key: string
  cert: string
}

let folder: string
let identity: Identity
let server: HttpServer
let plain: HttpServer
let joined: Shown & { fingerprint: string }

async function certify(node: string, by = identity) {
  const keys = await generateHostKeys()
  const { publicKey, fingerprint } = await readCertificateRequest(await makeRequest({ keys }))
  const { certificate: cert } = await by.signNode(node as NodeId, publicKey)
  return { key: await exportKey(keys.privateKey), cert, fingerprint }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bramble-mutual-'))
  identity = await openIdentity(join(folder, 'ours'))
  joined = await certify(pi)
  const authenticate = createAuthenticate({ tokens, nodes } as never, systemClock)
  const app = () => {
    const made = createHttpApp({ logger: silentLogger(), authenticate })
    made.router.get('/', async (request, response) => void response.json(await authenticate(request)))
    return made
  }
  const certificate = await openServerCertificate({ http: {}, names: ['127.0.0.1'], identity, clock: systemClock })
  const tls = certificate.current()
  server = await listen(app(), { tls, graceMs: 100 })
  plain = await listen(app(), { graceMs: 100 })
})
beforeEach(() => void nodes.set(pi, { id: pi, admission: 'approved', identity: { key: joined.fingerprint } }))
afterAll(async () => {
  await Promise.all([server.close(), plain.close()])
  await rm(folder, { recursive: true })
})

async function ask(shown: Partial<Shown> = {}, agent?: Agent) {
  const headers = { authorization: `Bearer ${secret}` }
  const { key, cert } = shown
  const tls = { ca: identity.caCertificate, ...(key && { key, cert }), agent: agent ?? false }
  const request = httpsRequest(server.url, { headers, ...tls }).end()
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve).once('error', reject)
  })
  const { code, node } = (await json(response)) as Partial<Problem> & { node?: string }
  return { status: response.statusCode, ...(code && { code }), ...(node && { node }) }
}
const refused = { status: 403, code: 'node_certificate_refused' }

describe("a node's token over TLS", () => {
  it('counts with the key that the node joined with', async () => {
    expect(await ask(joined)).toEqual({ status: 200, node: pi })
  })

  it('counts on a connection that goes on from another one', async () => {
    const agent = new Agent({ maxCachedSessions: 10 })
    for (let times = 0; times < 3; times += 1) expect(await ask(joined, agent)).toEqual({ status: 200, node: pi })
    agent.destroy()
  })

  it.each<[string, () => Promise<Partial<Shown>>]>([
    ['without a certificate', async () => ({})],
    ['with the certificate of another node', () => certify('pi-08')],
    ['with one for another key', () => certify(pi)],
    ['with one of another CA', async () => certify(pi, await openIdentity(join(folder, 'theirs')))],
    ['with one that has expired', async () => certify(pi, await openIdentity(join(folder, 'ours'), longAgo()))],
  ])('is refused %s', async (_how, shown) => {
    expect(await ask(await shown())).toEqual(refused)
  })

  it('is refused with the key that a retired host of that name had', async () => {
    nodes.set(pi, { id: pi, admission: 'approved', identity: { key: (await certify(pi)).fingerprint } })
    expect(await ask(joined)).toEqual(refused)
  })

  it('is no token any more once the node is retired', async () => {
    nodes.set(pi, { id: pi, admission: 'retired' })
    expect(await ask(joined)).toEqual({ status: 401, code: 'unauthenticated' })
  })
})

it('is asked for no certificate where there is no TLS to show it in', async () => {
  const answer = await fetch(plain.url, { headers: { authorization: `Bearer ${secret}` } })
  expect(answer.status).toBe(200)
})

function longAgo() {
  const clock = fakeClock()
  clock.advance(Date.now() - 400 * 86_400_000 - Date.parse(clock.now()))
  return clock
}
