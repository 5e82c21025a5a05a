import { eventually } from '@bramble/kit'
import { makeProblem } from '@bramble/contracts'
import type { CaptureOutcome, DesiredCapture, Digest, ObservedInstance } from '@bramble/contracts'
import type { FakeAgent } from './testing/fake-agent.ts'
import { sampleDisk } from './testing/samples.ts'
import { addSampleService, captureBy, startTestMaster } from './testing/start-test-master.ts'
import type { TestMaster } from './testing/start-test-master.ts'

let master: TestMaster
let agent: FakeAgent
let capture: (capture: DesiredCapture) => CaptureOutcome
let fare: () => Partial<ObservedInstance>

beforeEach(async () => {
  master = await startTestMaster()
  capture = captureBy(master.artifacts)
  fare = () => ({})
  agent = await master.addNode('pi-01', { capture: (it) => capture(it), fare: () => fare() })
  await eventually(async () => expect(await shown('/v1/nodes/pi-01')).toMatchObject({ liveness: 'ready' }))
})
afterEach(() => master.stop())

const shown = async (path: string) => (await master.request('GET', path)).body
const listed = async (noun: string) => (await shown(`/v1/${noun}`))['items']
const probe = { kind: 'http', port: 80 }
const fromDisk = (name = 'debian', machine = {}) => ({
  name,
  source: { kind: 'disk', disk: master.artifacts.pushBlob(sampleDisk), machine, probe },
})
const createBase = (body: object) => master.request('POST', '/v1/bases', { body })
const createOverlay = (body: object) => master.request('POST', '/v1/overlays', { body })
const nothingLeft = async () => {
  expect(await listed('bases')).toEqual([])
  expect(await listed('instances')).toEqual([])
  await eventually(() => expect(agent.desired()).toMatchObject({ instances: [], captures: [] }))
}
const running = (detail: string) => (it: DesiredCapture) => ({ id: it.id, status: 'running' as const, detail })

describe('a base of a disk', () => {
  it('is taken of a builder, which is then removed', async () => {
    const operation = await master.ended(await createBase(fromDisk()))
    expect(operation).toMatchObject({ status: 'succeeded', kind: 'base.create' })
    expect(await shown('/v1/bases/debian')).toMatchObject({ status: 'available', hasAgent: true, diskBytes: 1000 })
    expect(await listed('instances')).toEqual([])
    await eventually(() => expect(agent.desired()).toMatchObject({ instances: [], captures: [] }))
  })

  it('is refused before any work without its disk, its name or a node for its machine', async () => {
    const disk = `sha256:${'0'.repeat(64)}`
    const unknown = await createBase({ name: 'a', source: { kind: 'disk', disk, machine: {}, probe } })
    expect(unknown.body['code']).toBe('blob_unknown')
    const cpuModel = await createBase(fromDisk('b', { cpuModel: 'EPYC-Turin' }))
    expect(cpuModel.body).toMatchObject({ status: 409, code: 'cpu_model_unavailable' })
    const memory = await createBase(fromDisk('c', { memoryBytes: 2 ** 40 }))
    expect(memory.body['code']).toBe('insufficient_memory')
    await master.ended(await createBase(fromDisk()))
    expect((await createBase(fromDisk())).body['code']).toBe('name_taken')
  })

  it('is refused before any work when its disk is none, as soon as a node boots disks', async () => {
    const source = { ...fromDisk().source, disk: master.artifacts.pushBlob('a text') }
    await master.ended(await createBase({ name: 'simulated', source }))
    await master.addNode('pi-02', { host: { driver: 'libvirt' } })
    await eventually(async () => expect(await shown('/v1/nodes/pi-02')).toMatchObject({ liveness: 'ready' }))
    const refused = await createBase({ name: 'refused', source })
    expect(refused.body).toMatchObject({ status: 422, code: 'disk_not_an_image' })
    expect(await listed('bases')).toMatchObject([{ name: 'simulated' }])
    expect(await listed('operations')).toHaveLength(1)
  })

  const problem = makeProblem('disk_has_backing_file', 'The image refers to /etc/passwd.')
  it.each([
    ['the builder fails', () => void (fare = () => ({ phase: 'failed', problem }))],
    ['the capture fails', () => void (capture = ({ id }) => ({ id, status: 'failed', problem }))],
  ])('fails with the problem and leaves nothing when %s', async (_what, arrange) => {
    arrange()
    const operation = await master.ended(await createBase(fromDisk()))
    expect(operation).toMatchObject({ status: 'failed', error: { code: problem.code, detail: problem.detail } })
    await nothingLeft()
  })

  it('fails when what the node captured was not pushed', async () => {
    capture = (it) => {
      const outcome = captureBy(master.artifacts)(it)
      if (outcome.status === 'done') master.artifacts.forget(outcome.captured.digest)
      return outcome
    }
    expect(await master.ended(await createBase(fromDisk()))).toMatchObject({
      status: 'failed',
      error: { code: 'blob_unknown' },
    })
    await nothingLeft()
  })

  it('leaves nothing when it is cancelled', async () => {
    capture = running('reading memory')
    const accepted = await createBase(fromDisk())
    const path = `/v1/operations/${String(accepted.body['id'])}`
    await eventually(async () => expect(await shown(path)).toMatchObject({ phase: 'reading memory' }))
    const cancelled = await master.request('DELETE', path)
    expect((await master.ended(cancelled)).status).toBe('cancelled')
    await nothingLeft()
  })

  it('goes on after a restart, without the capture being forgotten in between', async () => {
    capture = running('reading memory')
    const accepted = await createBase(fromDisk())
    await eventually(() => expect(agent.desired()?.captures).toHaveLength(1))
    const [before] = agent.desired()!.captures
    await master.restart()
    const seen = agent.received()
    await agent.report()
    await eventually(() => expect(agent.received()).toBeGreaterThan(seen))
    expect(agent.desired()?.captures).toEqual([before])
    capture = captureBy(master.artifacts)
    await agent.report()
    expect((await master.ended(accepted)).status).toBe('succeeded')
    expect(await listed('instances')).toEqual([])
  })
})

describe('an overlay of an instance', () => {
  const edit = async () => {
    await master.ended(await createBase(fromDisk()))
    const { digest } = (await shown('/v1/bases/debian')) as { digest: Digest }
    await master.ended(await master.request('POST', '/v1/instances', { body: { base: 'debian', name: 'edit' } }))
    capture = captureBy(master.artifacts, digest)
    return digest
  }
  const save = { name: 'search', source: { kind: 'instance', instance: 'edit' } }

  it('knows its base, and the instance runs on', async () => {
    const baseDigest = await edit()
    expect((await master.ended(await createOverlay(save))).status).toBe('succeeded')
    expect(await shown('/v1/overlays/search')).toMatchObject({ status: 'available', baseDigest })
    expect(await shown('/v1/instances/edit')).toMatchObject({ status: { phase: 'running' } })
    await eventually(() => expect(agent.desired()?.captures).toEqual([]))
  })

  it('is removed when it is cancelled, and the instance runs on', async () => {
    await edit()
    capture = running('reading memory')
    const accepted = await createOverlay(save)
    await eventually(() => expect(agent.desired()?.captures).toHaveLength(1))
    await master.request('DELETE', `/v1/operations/${String(accepted.body['id'])}`)
    expect((await master.ended(accepted)).status).toBe('cancelled')
    expect(await listed('overlays')).toEqual([])
    expect(await shown('/v1/instances/edit')).toMatchObject({ status: { phase: 'running' } })
  })

  it('fails when the instance is deleted meanwhile', async () => {
    await edit()
    capture = running('reading memory')
    const accepted = await createOverlay(save)
    await eventually(() => expect(agent.desired()?.captures).toHaveLength(1))
    await master.ended(await master.request('DELETE', '/v1/instances/edit'))
    expect(await master.ended(accepted)).toMatchObject({ status: 'failed', error: { code: 'wrong_state' } })
    expect(await listed('overlays')).toEqual([])
  })

  it('is refused of an instance that does not run', async () => {
    expect((await createOverlay(save)).body['code']).toBe('not_found')
  })
})

describe('a pushed artifact', () => {
  it('is registered when all of it is there', async () => {
    await addSampleService(master)
    expect(await shown('/v1/bases/search-base')).toMatchObject({
      status: 'available',
      diskBytes: 1000,
      machine: { memoryBytes: 2 ** 29, cpuModel: 'Nehalem' },
    })
  })

  it.each([[true], [false], [undefined]])(
    'says whether it has an agent: %s, and its node is told',
    async (hasAgent) => {
      const baseDigest = master.artifacts.push('base', { salt: 'b', ...(hasAgent !== undefined && { hasAgent }) })
      const overlayDigest = master.artifacts.push('overlay', { base: baseDigest, hasAgent: true })
      const manifest = (digest: Digest) => ({ kind: 'manifest', digest })
      await master.ended(await createBase({ name: 'b', source: manifest(baseDigest) }))
      await master.ended(await createOverlay({ name: 'o', source: manifest(overlayDigest) }))
      expect((await shown('/v1/bases/b'))['hasAgent']).toBe(hasAgent)
      expect((await shown('/v1/overlays/o'))['hasAgent']).toBe(true)
      for (const body of [{ base: 'b' }, { overlay: 'o' }])
        await master.ended(await master.request('POST', '/v1/instances', { body }))
      const told = agent.desired()!.instances.map(({ source }) => 'hasAgent' in source && source.hasAgent)
      expect(told).toEqual([hasAgent ?? false, true])
    },
  )

  it('is refused when its base is unknown, or a blob is missing', async () => {
    const base = master.artifacts.push('base', { salt: 'elsewhere' })
    const digest = master.artifacts.push('overlay', { base })
    const orphan = await createOverlay({ name: 'x', source: { kind: 'manifest', digest } })
    expect(orphan.body).toMatchObject({ status: 409, code: 'base_unknown' })
    expect(orphan.body['detail']).toContain(base)
    master.artifacts.forget(base)
    const missing = await createBase({ name: 'x', source: { kind: 'manifest', digest: base } })
    expect(missing.body['code']).toBe('blob_unknown')
    const wrong = master.artifacts.pushBlob('{}')
    const invalid = await createBase({ name: 'x', source: { kind: 'manifest', digest: wrong } })
    expect(invalid.body).toMatchObject({ status: 422, code: 'manifest_invalid' })
  })
})

describe('what is used', () => {
  it('is not deleted; its users are named', async () => {
    const { id } = await addSampleService(master)
    await master.ended(await master.request('POST', '/v1/instances', { body: { service: id, name: 'one' } }))
    for (const [path, user] of [
      ['/v1/bases/search-base', 'overlay search-overlay'],
      ['/v1/overlays/search-overlay', 'service org.example.search'],
      ['/v1/services/org.example.search', 'instance one'],
    ]) {
      const { body } = await master.request('DELETE', path!)
      expect(body).toMatchObject({ status: 409, code: 'in_use' })
      expect(body['detail']).toContain(user)
    }
    await master.ended(await master.request('DELETE', '/v1/instances/one'))
    for (const path of ['services/org.example.search', 'overlays/search-overlay', 'bases/search-base'])
      expect((await master.request('DELETE', `/v1/${path}`)).status).toBe(204)
  })
})
