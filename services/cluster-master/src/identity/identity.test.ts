import { createHash, createPrivateKey, X509Certificate } from 'node:crypto'
import { chmod, copyFile, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import type { NodeId } from '@bramble/contracts'
import { fakeClock } from '@bramble/kit'
import { readCertificateRequest } from './certificate-request.ts'
import { openIdentity } from './open-identity.ts'
import type { Identity } from './open-identity.ts'
import { generateHostKeys, makeRequest } from './request-fixture.ts'
import type { KeyKind } from './request-fixture.ts'

const pi = 'pi-07' as NodeId
let folder: string
let identity: Identity
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bramble-identity-'))
  identity = await openIdentity(join(folder, 'ca'))
})
afterAll(() => rm(folder, { recursive: true }))

const sign = async (kind: KeyKind = 'p256', of = identity) => {
  const keys = await generateHostKeys(kind)
  const { publicKey, fingerprint } = await readCertificateRequest(await makeRequest({ keys, name: 'CN=master' }))
  const { certificate, expiresAt } = await of.signNode(pi, publicKey)
  return { keys, fingerprint, pem: certificate, certificate: new X509Certificate(certificate), expiresAt }
}

describe("a cloudlet's identity", () => {
  it('is the same when it is opened again', async () => {
    const again = await openIdentity(join(folder, 'ca'))
    expect(again.fingerprint).toBe(identity.fingerprint)
    expect(again.master).toEqual(identity.master)
    const { certificate } = await sign('p256', again)
    expect(certificate.verify(new X509Certificate(identity.caCertificate).publicKey)).toBe(true)
  })

  it('is readable by its owner alone', async () => {
    const place = join(folder, 'ca')
    expect((await stat(place)).mode & 0o777).toBe(0o700)
    expect((await readdir(place)).sort()).toEqual(['ca.crt', 'ca.key', 'master.crt', 'master.key'])
    for (const name of await readdir(place)) expect((await stat(join(place, name))).mode & 0o777).toBe(0o600)
  })

  it('shuts a folder that others could read', async () => {
    const place = join(folder, 'ca')
    await chmod(place, 0o755)
    await openIdentity(place)
    expect((await stat(place)).mode & 0o777).toBe(0o700)
  })

  it('gives a root that signs leaves and no other roots', () => {
    const root = new X509Certificate(identity.caCertificate)
    expect(root.ca).toBe(true)
    expect(root.verify(root.publicKey)).toBe(true)
    expect(identity.fingerprint).toBe(createHash('sha256').update(root.raw).digest('hex'))
  })

  it('gives the master a client certificate that goes with its key', () => {
    const certificate = new X509Certificate(identity.master.certificate)
    expect(certificate.subject).toBe('CN=master')
    expect(certificate.subjectAltName).toBe('DNS:master.bramble.internal')
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2'])
    expect(certificate.checkPrivateKey(createPrivateKey(identity.master.key))).toBe(true)
  })

  describe('that lost a part', () => {
    let place: string
    const lose = async (...names: string[]) => {
      place = await mkdtemp(join(folder, 'lost-'))
      const before = await openIdentity(place)
      for (const name of names) await rm(join(place, name))
      return { before, open: () => openIdentity(place) }
    }

    it.each(['master.key', 'master.crt'])('makes the master another certificate without %s', async (name) => {
      const { before, open } = await lose(name)
      const after = await open()
      expect(after.fingerprint).toBe(before.fingerprint)
      expect(after.master).not.toEqual(before.master)
    })

    it('does not make another root for one whose key is gone', async () => {
      const { open } = await lose('ca.key')
      await expect(open()).rejects.toThrow('ca.crt without its ca.key')
    })

    it('begins again where its first start ended between key and certificate', async () => {
      const { before, open } = await lose('ca.crt', 'master.crt', 'master.key')
      const after = await open()
      expect(after.fingerprint).not.toBe(before.fingerprint)
      const { certificate } = await sign('p256', after)
      expect(certificate.verify(new X509Certificate(after.caCertificate).publicKey)).toBe(true)
    })

    it.each([['ca.crt'], ['ca.crt', 'ca.key']])(
      'does not make another root for one that was used: %s, %s',
      async (...names) => {
        const { open } = await lose(...names)
        await expect(open()).rejects.toThrow('has lost its ca.crt')
      },
    )

    it('does not take a key that is not its own', async () => {
      const { open } = await lose('ca.key')
      await copyFile(join(folder, 'ca', 'ca.key'), join(place, 'ca.key'))
      await expect(open()).rejects.toThrow('not that of its ca.crt')
    })

    it('makes the master another certificate when the one that is there is of another root', async () => {
      const { open } = await lose('ca.crt', 'ca.key')
      for (const name of ['ca.crt', 'ca.key']) await copyFile(join(folder, 'ca', name), join(place, name))
      const master = new X509Certificate((await open()).master.certificate)
      expect(master.verify(new X509Certificate(identity.caCertificate).publicKey)).toBe(true)
    })
  })
})

describe("a node's certificate", () => {
  it('says what we say, whatever was asked for', async () => {
    const { certificate } = await sign()
    expect(certificate.subject).toBe('CN=node.pi-07')
    expect(certificate.subjectAltName).toBe('DNS:pi-07.node.bramble.internal')
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'])
    expect(certificate.ca).toBe(false)
    expect(certificate.verify(new X509Certificate(identity.caCertificate).publicKey)).toBe(true)
  })

  it('has a number of its own', async () => {
    const numbers = await Promise.all([sign(), sign()].map(async (signed) => (await signed).certificate.serialNumber))
    expect(numbers[0]).toMatch(/^[4-7][0-9A-F]{31}$/)
    expect(numbers[0]).not.toBe(numbers[1])
  })

  it('counts from a day ago, for hosts whose clocks are behind, for a year', async () => {
    const clock = fakeClock()
    const { certificate, expiresAt } = await sign('p256', await openIdentity(join(folder, 'clocked'), clock))
    const now = Date.parse(clock.now())
    const toSecond = (ms: number) => Math.floor(ms / 1000) * 1000
    expect(Date.parse(certificate.validFrom)).toBe(toSecond(now - 86_400_000))
    expect(Date.parse(certificate.validTo)).toBe(toSecond(now + 365 * 86_400_000))
    expect(Date.parse(expiresAt)).toBe(now + 365 * 86_400_000)
  })

  it.each<KeyKind>(['p256', 'ed25519'])('for a key %s is told apart by it', async (kind) => {
    const { certificate, fingerprint } = await sign(kind)
    const der = certificate.publicKey.export({ type: 'spki', format: 'der' })
    expect(fingerprint).toBe(createHash('sha256').update(der).digest('hex'))
  })

  it('is taken by TLS at both ends', async () => {
    const { keys, pem } = await sign()
    const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey))
    const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({ type: 'pkcs8', format: 'pem' })
    const ca = identity.caCertificate
    const server = createServer({ key, cert: pem, ca, requestCert: true, rejectUnauthorized: true })
    const told = new Promise((resolve) =>
      server.once('secureConnection', (socket) => resolve(socket.getPeerCertificate().subject.CN)),
    )
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
    const { key: own, certificate: cert } = identity.master
    const { port } = server.address() as AddressInfo
    const client = connect({ host: '127.0.0.1', port, servername: 'pi-07.node.bramble.internal', key: own, cert, ca })
    await new Promise((resolve, reject) => void client.once('secureConnect', resolve).once('error', reject))
    expect(await told).toBe('master')
    client.destroy()
    server.close()
  })
})

describe('a certificate request', () => {
  it.each<KeyKind>(['p384', 'rsa'])('for a key %s is refused', async (kind) => {
    const request = await makeRequest({ keys: await generateHostKeys(kind) })
    await expect(readCertificateRequest(request)).rejects.toMatchObject({ code: 'csr_invalid' })
  })

  it('that another key signed is refused', async () => {
    const [keys, other] = [await generateHostKeys(), await generateHostKeys()]
    const request = await makeRequest({ keys, signedBy: other.privateKey })
    await expect(readCertificateRequest(request)).rejects.toThrow('not signed with the key')
  })

  it('over a weak hash is refused', async () => {
    const request = await makeRequest({ keys: await generateHostKeys(), hash: 'SHA-1' })
    await expect(readCertificateRequest(request)).rejects.toThrow('weak hash')
  })

  it.each(['', 'nothing', '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----'])(
    'that is none is refused: %j',
    async (text) => {
      await expect(readCertificateRequest(text)).rejects.toMatchObject({ code: 'csr_invalid' })
    },
  )

  it('that was changed on its way is refused', async () => {
    const pem = await makeRequest({ keys: await generateHostKeys() })
    const [head, ...lines] = pem.trim().split('\n')
    const der = Buffer.from(lines.slice(0, -1).join(''), 'base64')
    der[der.length - 1]! ^= 1
    const changed = [head, der.toString('base64'), lines.at(-1)].join('\n')
    await expect(readCertificateRequest(changed)).rejects.toMatchObject({ code: 'csr_invalid' })
  })
})
