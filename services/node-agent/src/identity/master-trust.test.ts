import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NodeId } from '@bramble/contracts'
import { silentLogger } from '@bramble/kit'
import { createRegistryClient } from '../images/registry-client.ts'
import { createAskMaster } from './ask-master.ts'
import { makeTestCa, masterNames, namesOf } from './ca.fixture.ts'
import { joinNode } from './join-node.ts'
import { startTestMaster } from './master.fixture.ts'
import type { TestMaster, TestMasterOptions } from './master.fixture.ts'
import { createMasterTrust } from './master-trust.ts'
import { createMasters } from './masters.ts'

let stateDir: string
let master: TestMaster
let ends: AsyncDisposableStack
beforeEach(async () => {
  ends = new AsyncDisposableStack()
  stateDir = await mkdtemp(join(tmpdir(), 'trust-'))
  ends.defer(() => rm(stateDir, { recursive: true }))
})
afterEach(() => ends.disposeAsync())

const start = async (tls: TestMasterOptions['tls'] = (ca) => ca.issue(masterNames)) =>
  (master = ends.use(await startTestMaster({ tls })))

function enter({
  url = master.url,
  token = master.tokenOf(1),
  ca,
}: { url?: string; token?: string; ca?: string } = {}) {
  const trust = createMasterTrust({ urls: [url], ca })
  const ask = createAskMaster(createMasters([url]), trust)
  return joinNode({
    ...{ node: 'pi-07' as NodeId, stateDir, token, cluster: undefined, ask, trust },
    troubles: { note: () => {} },
    logger: silentLogger(),
    stopping: AbortSignal.timeout(10_000),
  })
}

describe('a host that joins over TLS', () => {
  it('knows the master by the token, then by the CA, and shows its certificate', async () => {
    await start()
    await enter()
    expect(master.shown).toEqual(['node.pi-07'])
    await enter()
    expect([master.joins.length, master.shown]).toEqual([1, ['node.pi-07', 'node.pi-07']])
  })

  it('says nothing to who has another CA than the one that the token names', async () => {
    await start()
    await expect(enter({ token: master.tokenOf(1, { caFingerprint: '0'.repeat(32) }) })).rejects.toThrow(
      'nothing was sent',
    )
    expect([master.joins, master.asked]).toEqual([[], []])
  })

  it.each<[string, string, TestMasterOptions['tls']]>([
    // It shows the CA of the cloudlet, as everybody can who has seen it.
    [
      'of another CA',
      'certificate_untrusted',
      async (ca) => ({ ...(await (await makeTestCa('evil')).issue(masterNames)), ca: ca.certificate }),
    ],
    ['that has expired', 'certificate_expired', (ca) => ca.issue(masterNames, -60_000)],
    ['of a node', 'certificate_of_another', (ca) => ca.issue(namesOf('pi-08'))],
  ])('sends no token to who has a certificate %s', async (_what, code, tls) => {
    await start(tls)
    await expect(enter()).rejects.toMatchObject({ code })
    expect(master.joins).toEqual([])
  })

  it('knows a master with a certificate of another CA by that one', async () => {
    const theirs = await makeTestCa('theirs')
    await start(() => theirs.issue({ commonName: 'x', dnsName: 'localhost' }))
    const url = master.url.replace('127.0.0.1', 'localhost')
    await expect(enter({ url })).rejects.toThrow('nothing was sent')
    await enter({ url, ca: theirs.certificate })
    expect(master.shown).toEqual(['node.pi-07'])
  })
})

describe('a node of a cloudlet', () => {
  it('sends nothing to another one that answers at the address', async () => {
    await start()
    await enter()
    const { url } = ends.use(await startTestMaster({ tls: (ca) => ca.issue(masterNames) }))
    const trust = createMasterTrust({ urls: [url] })
    const registry = createRegistryClient({ url, token: () => 'secret', fetch: trust.fetch })
    const blob = () => registry.blobSize('bases' as never, `sha256:${'0'.repeat(64)}` as never)
    await expect(blob()).rejects.toMatchObject({ code: 'certificate_untrusted' })
    trust.joined(master.ca.certificate, await master.ca.issue(namesOf('pi-07')))
    await expect(blob()).rejects.toMatchObject({ code: 'certificate_untrusted' })
  })
})
