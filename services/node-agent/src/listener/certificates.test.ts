import { hash, X509Certificate } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { RequestOptions } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import type { TLSSocket } from 'node:tls'
import type { Inspection, NodeId } from '@bramble/contracts'
import { silentLogger } from '@bramble/kit'
import type { HttpServer } from '@bramble/kit'
import { createSimulatedDriver } from '../drivers/simulated/simulated-driver.ts'
import { createSimulatedHypervisor } from '../drivers/simulated/simulated-hypervisor.ts'
import { makeTestCa, masterNames, namesOf } from '../identity/ca.fixture.ts'
import type { TestCa } from '../identity/ca.fixture.ts'
import { openLedger } from '../ledger/ledger.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { memoryStorage } from '../ledger/memory-storage.ts'
import { desiredOf, instanceOf, node, recordOf, slotFor, stateOf } from '../world.fixture.ts'
import { keyFingerprint } from './check-certificate.ts'
import { startListener } from './start-listener.ts'
import { holdCertificate } from './held-certificate.ts'
import type { HeldCertificate, NodeCertificate } from './held-certificate.ts'

const running = instanceOf(1)
const content = Buffer.from('0123456789'.repeat(1000))
const digest = `sha256:${hash('sha256', content, 'hex')}`
const console = `/v1/instances/${running.id}/console`
const blob = `/v2/overlays/blobs/${digest}`
const inspection = { node, troubles: [] } as unknown as Inspection

let dir: string
let ca: TestCa
let stranger: TestCa
let server: HttpServer
let ledger: Ledger
let held: HeldCertificate
const callers: Record<string, NodeCertificate> = {}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'listener-'))
  await writeFile(join(dir, 'blob'), content)
  ca = await makeTestCa()
  stranger = await makeTestCa()
  callers['master'] = await ca.issue(masterNames)
  callers['neighbour'] = await ca.issue(namesOf('pi-08'))
  callers['retired'] = await ca.issue(namesOf('pi-09'))
  callers['somebody'] = await ca.issue({ commonName: 'somebody', dnsName: 'somebody.example' })
  callers['forger'] = await stranger.issue(masterNames)
  const driver = createSimulatedDriver(createSimulatedHypervisor())
  ledger = await openLedger(memoryStorage())
  await driver.start({ instance: running, slot: slotFor(1) }, () => {})
  await ledger.updateInstance(running.id, () => recordOf(running, stateOf('ready', slotFor(1))))
  const key = keyFingerprint(new X509Certificate(callers['retired'].certificate))
  await ledger.acceptDesired({ ...desiredOf(1, []), refusedNodes: [{ node: 'pi-09' as NodeId, key }] })
  const blobs = {
    find: async (wanted: string) =>
      wanted === digest ? { path: join(dir, 'blob'), sizeBytes: content.length } : undefined,
  }
  held = holdCertificate(await ca.issue(namesOf(node)))
  const trust = { kind: 'certificates', held } as const
  const sources = { driver, ledger, inspect: async () => inspection, logger: silentLogger() }
  server = await startListener({ host: '127.0.0.1', port: 0, trust, blobs }, sources)
})
afterAll(async () => {
  await server.close()
  await rm(dir, { recursive: true })
})

async function send(request: ReturnType<typeof httpRequest>) {
  const answered = new Promise<IncomingMessage>((resolve, reject) =>
    request.once('response', resolve).once('error', reject),
  )
  request.end()
  const response = await answered
  const certificate = (response.socket as Partial<TLSSocket>).getPeerCertificate?.().serialNumber
  return { status: response.statusCode, headers: response.headers, body: await buffer(response), certificate }
}

const ask = (path: string, caller: NodeCertificate | undefined, more: RequestOptions = {}) =>
  send(
    httpsRequest(new URL(path, server.url), {
      ...{ ca: ca.certificate, servername: namesOf(node).dnsName, agent: false },
      ...(caller && { key: caller.key, cert: caller.certificate }),
      ...more,
    }),
  )
const codeOf = ({ status, body }: { status?: number | undefined; body: Buffer }) => [
  status,
  (JSON.parse(body.toString()) as { code: string }).code,
]

describe('a listener that knows its callers by certificates', () => {
  it('gives the master consoles and inspection', async () => {
    expect((await ask(console, callers['master'])).body.toString()).toContain('simulated')
    expect(JSON.parse((await ask('/v1/inspection', callers['master'])).body.toString())).toEqual(inspection)
  })

  it('gives nodes blobs, whole or a range', async () => {
    expect((await ask(blob, callers['neighbour'])).body).toEqual(content)
    const part = await ask(blob, callers['neighbour'], { headers: { range: 'bytes=5-14' } })
    expect([part.status, part.headers['content-range'], part.body.toString()]).toEqual([
      ...[206, `bytes 5-14/${content.length}`, '5678901234'],
    ])
    const unknown = await ask(blob.replace(/.{4}$/, '0000'), callers['neighbour'])
    expect(codeOf(unknown)).toEqual([404, 'blob_unknown'])
  })

  it.each([
    ['a node at a route of the master', console, 'neighbour'],
    ['a node that wants to run a command', '/v1/inspection', 'neighbour'],
    ['the master at blobs, which it has itself', blob, 'master'],
    ['a node that is refused', blob, 'retired'],
    ['who is neither node nor master', console, 'somebody'],
    ['who is neither node nor master, at blobs', blob, 'somebody'],
  ])('refuses %s', async (_who, path, caller) => {
    expect(codeOf(await ask(path, callers[caller]))).toEqual([403, 'forbidden'])
  })

  it('has no connection for who has no certificate, or one of another CA', async () => {
    await expect(ask(console, undefined)).rejects.toThrow()
    await expect(ask(console, callers['forger'])).rejects.toThrow()
  })

  it('speaks neither plain HTTP nor an older TLS', async () => {
    const plain = await send(httpRequest(new URL(console, server.url.replace('https', 'http'))))
    expect([plain.status, String(plain.body)]).toEqual([400, expect.stringContaining('not_encrypted')])
    await expect(ask(console, callers['master'], { maxVersion: 'TLSv1.2' })).rejects.toThrow()
  })

  it('shows a new certificate from the moment it has it', async () => {
    const shown = async () => (await ask(console, callers['master'])).certificate
    const before = await shown()
    held.renew(await ca.issue(namesOf(node)))
    expect(await shown()).toBe(new X509Certificate(held.current().certificate).serialNumber)
    expect(await shown()).not.toBe(before)
  })

  it('proves by its own certificate which node it is', async () => {
    await expect(ask(console, callers['master'], { servername: namesOf('pi-08').dnsName })).rejects.toThrow(/altnames/)
    await expect(ask(console, callers['master'], { ca: stranger.certificate })).rejects.toThrow()
  })
})
