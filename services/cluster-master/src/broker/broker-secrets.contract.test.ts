// What the one-shot `secrets` of compose.yaml leaves (docker/tools): a CA that the master goes on with, and a broker that
// nodes of that CA trust.
import { X509Certificate } from 'node:crypto'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { brokerServerName } from '@bramble/contracts'
import type { NodeId } from '@bramble/contracts'
import { connectRabbitMq, eventually, silentLogger } from '@bramble/kit'
import { makeTempFolder, runProgram, startRabbitMq } from '@bramble/testkit'
import type { TempFolder } from '@bramble/testkit'
import { readCertificateRequest } from '../identity/certificate-request.ts'
import { openIdentity } from '../identity/open-identity.ts'
import { generateHostKeys, makeRequest } from '../identity/request-fixture.ts'

const tools = join(import.meta.dirname, '../../../../docker/tools')
let folder: TempFolder
beforeEach(async () => {
  folder = await makeTempFolder()
  for (const volume of ['master', 'broker', 'database', 'monitoring', 'state']) await mkdir(at(volume))
})
afterEach(() => folder.remove())

const at = (...path: string[]) => join(folder.path, ...path)
const read = (...path: string[]) => readFile(at(...path), 'utf8')

async function generate(address: string): Promise<void> {
  const own = { MASTER_UID: `${process.getuid!()}`, BROKER_UID: `${process.getuid!()}` }
  const env = { ...own, SECRETS_ROOT: folder.path, BRAMBLE_ADDRESS: address, PATH: `${tools}:${process.env['PATH']}` }
  const { exitCode, stderr } = await runProgram(['sh', join(tools, 'generate-secrets')], { env })
  if (exitCode !== 0) throw new Error(stderr)
}

describe('the secrets of the suite', () => {
  it('are a CA that the master goes on with', async () => {
    await generate('10.0.0.1')
    const { fingerprint, caCertificate, signNode } = await openIdentity(at('state/identity'))
    expect(caCertificate).toBe(await read('state/identity/ca.crt'))
    expect(fingerprint).toMatch(/^[0-9a-f]{64}$/)
    const { publicKey } = await readCertificateRequest(await makeRequest({ keys: await generateHostKeys() }))
    const { certificate } = await signNode('pi-07' as NodeId, publicKey)
    expect(new X509Certificate(certificate).checkIssued(new X509Certificate(caCertificate))).toBe(true)
  })

  it('stay as they are, but for what follows from the address', async () => {
    await generate('10.0.0.1')
    const kept = async () =>
      Promise.all([read('state/identity/ca.key'), read('master/bus-url'), read('broker/server.key')])
    const first = await kept()
    await generate('10.0.0.1')
    expect(await kept()).toEqual(first)
    await generate('10.0.0.2')
    expect((await kept()).slice(0, 2)).toEqual(first.slice(0, 2))
    expect(new X509Certificate(await read('broker/server.crt')).checkIP('10.0.0.2')).toBe('10.0.0.2')
  })

  it.each([
    ['127.0.0.1', 'listeners.tcp.published = 5671'],
    ['10.0.0.1', 'listeners.ssl.published = 5671'],
  ])('have the broker listen at %s by %s', async (address, line) => {
    await generate(address)
    expect((await read('broker/20-listeners.conf')).split('\n')).toContain(line)
  })

  it('make no CA in the place of one that was lost', async () => {
    await openIdentity(at('state/identity'))
    await rm(at('state/identity/ca.crt'))
    await expect(generate('127.0.0.1')).resolves.toBeUndefined()
    await expect(openIdentity(at('state/identity'))).rejects.toThrow('lost its ca.crt')
  })

  it('let nodes know the broker', async () => {
    await generate('10.0.0.1')
    const [ca, key, certificate] = [
      await read('broker/ca.crt'),
      await read('broker/server.key'),
      await read('broker/server.crt'),
    ]
    const server = await startRabbitMq({ tls: { ca, key, certificate } })
    const { caCertificate } = await openIdentity(at('state/identity'))
    const trust = { ca: caCertificate, serverName: brokerServerName }
    const bus = connectRabbitMq({ url: server.tlsUrl!, trust, logger: silentLogger(), declares: true })
    try {
      await eventually(() => bus.probe(), 10_000)
    } finally {
      await bus.close()
      await server.stop()
    }
  }, 90_000)
})
