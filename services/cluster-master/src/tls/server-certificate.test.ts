import { X509Certificate } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fakeClock, silentLogger } from '@bramble/kit'
import type { ListenTls } from '@bramble/kit'
import { openIdentity } from '../identity/open-identity.ts'
import type { Identity } from '../identity/open-identity.ts'
import { renewServerCertificate } from './renew-server-certificate.ts'
import { openServerCertificate } from './server-certificate.ts'
import { serverNames } from './server-names.ts'

const dayMs = 86_400_000
let folder: string
let identity: Identity
const clock = fakeClock()
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bramble-tls-'))
  identity = await openIdentity(folder, clock)
})
afterAll(() => rm(folder, { recursive: true }))

const read = ({ certificate }: ListenTls) => new X509Certificate(certificate)

describe('the names of the API', () => {
  it.each([
    [{ http: { host: '127.0.0.1', names: [] } }, ['127.0.0.1', 'localhost', '::1']],
    [{ http: { host: '0.0.0.0', names: ['lab'] } }, ['10.0.0.7', 'localhost', '127.0.0.1', '::1', 'lab']],
    [
      { http: { host: '10.0.0.1', names: [] }, publicUrl: 'https://cloudlet.example.org:8080' },
      ['cloudlet.example.org', '10.0.0.1', 'localhost', '127.0.0.1', '::1'],
    ],
    [
      { http: { host: '::1', names: [] }, publicUrl: 'https://[fd00::1]/' },
      ['fd00::1', '::1', 'localhost', '127.0.0.1'],
    ],
  ])('of %j are %j', (settings, names) => {
    expect(serverNames(settings, () => ['10.0.0.7'])).toEqual(names)
  })
})

describe("a certificate of the cloudlet's own CA", () => {
  const open = () =>
    openServerCertificate({ http: {}, names: ['cloudlet.example.org', '10.0.0.1', 'fd00::1'], identity, clock })

  it('names what the API is called, and the master whatever that is', async () => {
    const certificate = read((await open()).current())
    for (const name of ['cloudlet.example.org', 'master.bramble.internal'])
      expect(certificate.checkHost(name)).toBeDefined()
    for (const address of ['10.0.0.1', 'fd00::1']) expect(certificate.checkIP(address)).toBe(address)
    expect(certificate.checkHost('pi-07.node.bramble.internal')).toBeUndefined()
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1'])
  })

  it('comes with its CA, by whose fingerprint it is known', async () => {
    const [, ca] = (await open()).current().certificate.split(/(?<=-----END CERTIFICATE-----\n)/)
    expect(new X509Certificate(ca!).fingerprint256.replaceAll(':', '').toLowerCase()).toBe(identity.fingerprint)
  })

  it('is replaced before it expires, and not sooner', async () => {
    const certificate = await open()
    const first = certificate.current()
    const told: ListenTls[] = []
    const server = { renewTls: (next: ListenTls) => void told.push(next) }
    const task = renewServerCertificate(certificate, { server, logger: silentLogger() })
    clock.advance(59 * dayMs)
    await task.run(new AbortController().signal)
    expect(told).toEqual([])
    clock.advance(2 * dayMs)
    await task.run(new AbortController().signal)
    expect(told).toEqual([certificate.current()])
    const [before, after] = [read(first), read(told[0]!)].map((it) => it.validToDate.getTime())
    expect(after! - before!).toBe(61 * dayMs)
  })
})

describe('a certificate that was given', () => {
  const files = () => ({ certificateFile: join(folder, 'given.crt'), keyFile: join(folder, 'given.key') })
  const give = async ({ key, certificate }: { key: string; certificate: string }) => {
    const { certificateFile, keyFile } = files()
    await Promise.all([writeFile(certificateFile, certificate), writeFile(keyFile, key)])
  }
  const open = () => openServerCertificate({ http: files(), names: [], identity, clock })

  it('is shown, and the next one when the files are replaced', async () => {
    await give(await identity.issueServer(['a.example.org']))
    const certificate = await open()
    expect(read(certificate.current()).checkHost('a.example.org')).toBeDefined()
    expect(await certificate.renewed()).toBeUndefined()
    await give(await identity.issueServer(['b.example.org']))
    expect(read((await certificate.renewed())!).checkHost('b.example.org')).toBeDefined()
  })

  it('is refused with the key of another one', async () => {
    const [one, other] = [await identity.issueServer([]), await identity.issueServer([])]
    await give({ key: one.key, certificate: other.certificate })
    await expect(open()).rejects.toThrow(/given\.key is not that of/)
  })
})
