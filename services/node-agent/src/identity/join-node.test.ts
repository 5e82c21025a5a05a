import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NodeId } from '@bramble/contracts'
import { eventually, ProblemError, silentLogger } from '@bramble/kit'
import { createAskMaster } from './ask-master.ts'
import { createMasters } from './masters.ts'
import { makeTestCa } from './ca.fixture.ts'
import { identityFiles } from './identity-files.ts'
import { joinNode } from './join-node.ts'
import { createMasterTrust } from './master-trust.ts'
import type { MasterTrust } from './master-trust.ts'
import type { JoinNode } from './join-node.ts'
import { startTestMaster } from './master.fixture.ts'
import type { TestMaster } from './master.fixture.ts'
import { makeKey, makeRequest } from './make-request.ts'

interface Trusting {
  trust: MasterTrust
}

let master: TestMaster
let stateDir: string
let stopping: AbortController
const troubles: (string | undefined)[] = []

beforeEach(async () => {
  master = await startTestMaster()
  stateDir = await mkdtemp(join(tmpdir(), 'identity-'))
  stopping = new AbortController()
  troubles.splice(0)
})
afterEach(async () => {
  stopping.abort()
  await master[Symbol.asyncDispose]()
  await rm(stateDir, { recursive: true })
})

const enter = ({ trust = createMasterTrust({ urls: [master.url] }), ...more }: Partial<JoinNode & Trusting> = {}) =>
  joinNode({
    ...{ node: 'pi-07' as NodeId, stateDir, token: master.tokenOf(1), cluster: undefined },
    ask: createAskMaster(createMasters([master.url]), trust),
    trust,
    troubles: { note: (_kind, reason) => void troubles.push(reason) },
    logger: silentLogger(),
    stopping: stopping.signal,
    ...more,
  })
const unavailable = () => new ProblemError('unavailable', 'The store is away.')

describe('a host that joins', () => {
  it('gets a certificate for a key that it made itself, and access to the broker', async () => {
    const { identity, access } = await enter()
    const certificate = new X509Certificate(identity.certificate)
    expect(certificate.checkPrivateKey(createPrivateKey(identity.key))).toBe(true)
    expect(certificate.checkHost('pi-07.node.bramble.internal')).toBeDefined()
    expect(access).toMatchObject({ user: 'node.pi-07', password: 'password-1' })
    expect(JSON.stringify(master.joins)).not.toContain('PRIVATE')
  })

  it('keeps what it got where nobody else can read it', async () => {
    await enter()
    const folder = join(stateDir, 'identity')
    expect((await readdir(folder)).sort()).toEqual(['broker.json', 'node.json'])
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
    for (const name of await readdir(folder)) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600)
  })

  it('joins once', async () => {
    const first = await enter()
    const second = await enter({ token: undefined })
    expect(second.identity).toEqual(first.identity)
    expect(second.access.password).toBe('password-2')
    expect(master.joins).toHaveLength(1)
  })

  it('asks again with the same key when an answer was lost, in this process or the next', async () => {
    master.failWith = [unavailable()]
    const first = enter()
    await eventually(() => expect(troubles.at(-1)).toContain('The store is away'))
    stopping.abort()
    await expect(first).rejects.toThrow()
    stopping = new AbortController()
    master.failWith = [unavailable()]
    await enter()
    expect(new Set(await Promise.all(master.joins.map(keyOf))).size).toBe(1)
    expect(master.joins).toHaveLength(3)
    expect(troubles.at(-1)).toBeUndefined()
  })

  it('takes another key for another invitation', async () => {
    master.failWith = [new ProblemError('join_token_expired', 'too late')]
    await expect(enter()).rejects.toMatchObject({ code: 'join_token_expired' })
    await enter({ token: master.tokenOf(2) })
    expect(new Set(await Promise.all(master.joins.map(keyOf))).size).toBe(2)
  })

  it('needs a token the first time', async () => {
    await expect(enter({ token: undefined })).rejects.toThrow('join.token')
  })

  it('does not go on with a damaged identity as if it had none', async () => {
    await enter()
    await writeFile(join(stateDir, 'identity/node.json'), '{"node":')
    await expect(enter()).rejects.toThrow('damaged')
  })
})

describe('a host does not trust', () => {
  const refusesAnswer = async (why: RegExp) => {
    await expect(enter()).rejects.toThrow(why)
    expect(await identityFiles(join(stateDir, 'identity')).node.read()).toBeUndefined()
  }

  it('a cloudlet whose CA is another than the token says', async () => {
    master.certifyBy = await makeTestCa('evil')
    await refusesAnswer(/not the one that the join token names/)
  })

  it('a certificate that the CA did not sign', async () => {
    const { sign } = await makeTestCa('evil')
    master.certifyBy = { ...master.ca, sign }
    await refusesAnswer(/not signed by the CA/)
  })

  it('a certificate for another key', async () => {
    master.certify = { csr: await makeRequest(await makeKey(), 'pi-07' as NodeId) }
    await refusesAnswer(/for another key/)
  })

  it('a certificate of another node', async () => {
    master.certify = { node: 'pi-08' }
    await refusesAnswer(/not of node pi-07/)
  })
})

describe('a node that comes back', () => {
  it('goes on with the access that it had while the master is away', async () => {
    const { access } = await enter()
    master.failWith = [unavailable()]
    expect((await enter()).access).toEqual(access)
    expect((await enter({ ask: createAskMaster(createMasters(['http://127.0.0.1:1'])) })).access.user).toBe(
      'node.pi-07',
    )
    expect(troubles.filter((it) => it !== undefined)).toEqual([])
  })

  it('gets a new password when the broker refuses the one that it has', async () => {
    const { renewAccess } = await enter()
    expect((await renewAccess()).password).toBe('password-2')
    expect(await readFile(join(stateDir, 'identity/broker.json'), 'utf8')).toContain('password-2')
  })

  it('waits to be approved, and says so', async () => {
    master.noAccess = new ProblemError('not_approved', 'The node pi-07 is not approved.')
    const entered = enter()
    await eventually(() => expect(troubles.at(-1)).toContain('not approved'))
    delete master.noAccess
    expect((await entered).access.password).toBe('password-1')
    expect(troubles.at(-1)).toBeUndefined()
  })

  const retire = () => void (master.noAccess = new ProblemError('unauthenticated', 'The token is not known.'))

  it('starts from what it has after it was retired, and says why nobody talks to it', async () => {
    const { access } = await enter()
    retire()
    expect((await enter()).access).toEqual(access)
    expect(master.joins).toHaveLength(1)
    expect(troubles.at(-1)).toContain('not known')
  })

  it('joins anew after it was retired, when it is invited anew', async () => {
    const { identity } = await enter()
    retire()
    const entered = enter({ token: master.tokenOf(2) })
    await eventually(() => expect(master.joins).toHaveLength(2))
    delete master.noAccess
    expect((await entered).identity.key).not.toBe(identity.key)
    expect(await identityFiles(join(stateDir, 'identity')).node.read()).toEqual((await entered).identity)
  })
})

async function keyOf({ csr }: { csr: string }): Promise<string> {
  const { Pkcs10CertificateRequest } = await import('@peculiar/x509')
  return new Pkcs10CertificateRequest(csr).publicKey.toString('hex')
}
