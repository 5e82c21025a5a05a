import { X509Certificate } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { routes } from '@bramble/contracts'
import type { NodeId } from '@bramble/contracts'
import { fakeClock, silentLogger } from '@bramble/kit'
import { holdCertificate } from '../listener/held-certificate.ts'
import type { AskMaster, MasterRequest } from './ask-master.ts'
import { makeTestCa, namesOf } from './ca.fixture.ts'
import type { TestCa } from './ca.fixture.ts'
import { identityFiles, NodeIdentity } from './identity-files.ts'
import { renewCertificate } from './renew-certificate.ts'

const dayMs = 86_400_000
const node = 'pi-07' as NodeId
let folder: string
let ca: TestCa
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'renew-'))
  ca = await makeTestCa()
})
afterAll(() => rm(folder, { recursive: true }))

/** A node whose certificate has so long to live; `by` signs the next one. */
async function makeNode(leftMs: number, by = ca) {
  const { key, certificate } = await ca.issue(namesOf(node))
  const identity = NodeIdentity.parse({
    ...{ node, cluster: 'shelf-1', nodeToken: 'token', invitation: `iv-${'0'.repeat(20)}`, key },
    ...{ certificate, caCertificate: ca.certificate },
  })
  const held = holdCertificate({ key, certificate, ca: ca.certificate })
  const files = identityFiles(folder)
  const asked: unknown[] = []
  const ask = (async (route: unknown, { token, body }: MasterRequest<typeof routes.nodes.certificate>) => {
    asked.push([route, token])
    return { certificate: await by.sign(body!.csr, namesOf(node)), caCertificate: by.certificate }
  }) as unknown as AskMaster
  const now = new X509Certificate(certificate).validToDate.getTime() - leftMs
  const clock = fakeClock()
  clock.advance(now - Date.parse(clock.now()))
  const { run } = renewCertificate({ identity, files, held, ask, clock, logger: silentLogger() })
  return { identity, held, files, asked, run: () => run(new AbortController().signal) }
}

it('leaves a certificate alone that lasts', async () => {
  const { asked, run } = await makeNode(31 * dayMs)
  await run()
  expect(asked).toEqual([])
})

it('gets another one for the same key before the present one expires, and keeps it', async () => {
  const { identity, held, files, asked, run } = await makeNode(29 * dayMs)
  await run()
  expect(asked).toEqual([[routes.nodes.certificate, 'token']])
  expect(held.current()).toMatchObject({ key: identity.key, ca: ca.certificate })
  expect(held.current().certificate).not.toBe(identity.certificate)
  expect(await files.node.read()).toEqual({ ...identity, certificate: held.current().certificate })
})

it('takes none of another CA', async () => {
  const { identity, held, run } = await makeNode(29 * dayMs, await makeTestCa('evil'))
  await expect(run()).rejects.toThrow('not the one')
  expect(held.current().certificate).toBe(identity.certificate)
})
