import { eventually } from '@bramble/kit'
import { addSampleService, startTestMaster } from './testing/start-test-master.ts'
import type { TestMaster } from './testing/start-test-master.ts'

let master: TestMaster
beforeEach(async () => void (master = await startTestMaster()))
afterEach(() => master.stop())

const launch = (body: object) => master.request('POST', '/v1/instances', { body })
const launchService = (more: object = {}) => launch({ service: 'org.example.search', ...more })
const isReady = (node: string) =>
  eventually(async () => expect((await master.request('GET', `/v1/nodes/${node}`)).body['liveness']).toBe('ready'))

async function prepare() {
  const agent = await master.addNode('pi-01')
  await isReady('pi-01')
  const service = await addSampleService(master)
  return { agent, service }
}

describe('launching', () => {
  it('ends with a running instance that its node was told of', async () => {
    const { agent, service } = await prepare()
    const accepted = await launchService({ name: 'one' })
    expect(accepted.status).toBe(202)
    expect(accepted.headers.get('location')).toBe(`/v1/operations/${accepted.body['id']}`)
    const operation = await master.ended(accepted)
    expect(operation).toMatchObject({ status: 'succeeded', timings: { readyMs: 1 } })
    const { body } = await master.request('GET', '/v1/instances/one')
    expect(body['status']).toMatchObject({ phase: 'running', forwards: [{ guestPort: 80, name: 'http' }] })
    expect(agent.desired()?.instances).toMatchObject([
      { source: { kind: 'synthesis', base: service.baseDigest, overlay: service.overlayDigest }, memoryBytes: 2 ** 29 },
    ])
  })

  it('gives two instances of a service host ports of their own', async () => {
    await prepare()
    await Promise.all([launchService(), launchService()].map(async (it) => master.ended(await it)))
    const { items } = (await master.request('GET', '/v1/instances?filter=status.phase=running')).body
    expect(
      new Set(
        (items as unknown as { status: { forwards: { hostPort: number }[] } }[]).map(
          (it) => it.status.forwards[0]!.hostPort,
        ),
      ).size,
    ).toBe(2)
  })

  it('refuses a taken name, a taken port and a node that does not fit', async () => {
    await prepare()
    await master.ended(await launchService({ name: 'one', publish: [{ guestPort: 80, hostPort: 8080 }] }))
    expect((await launchService({ name: 'one' })).body['code']).toBe('name_taken')
    const taken = await launchService({ publish: [{ guestPort: 80, hostPort: 8080 }] })
    expect(taken.body).toMatchObject({ status: 409, code: 'port_taken' })
    expect(taken.body['detail']).toContain('instance one')
    expect((await launchService({ node: 'pi-09' })).body['code']).toBe('not_found')
    expect((await launch({ service: 'org.example.unknown' })).body['code']).toBe('not_found')
  })

  it('never gives the same room to two launches at the same time', async () => {
    await master.addNode('pi-01', { host: { memoryBytes: 3 * 2 ** 30 } })
    await isReady('pi-01')
    await addSampleService(master, 'org.example.search', {
      resources: { min: { memoryBytes: 2 ** 30, cpus: 1 } },
    })
    const answers = await Promise.all(Array.from({ length: 8 }, () => launchService()))
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 202, 202, 409, 409, 409, 409, 409])
    expect(answers.find(({ status }) => status === 409)?.body['code']).toBe('insufficient_memory')
  })

  it('fails with the problem that the node tells, and keeps the instance for its console', async () => {
    const problem = {
      type: 't',
      title: 't',
      status: 422,
      code: 'overlay_corrupt',
      detail: 'flipped',
      hint: 'h',
    } as const
    await master.addNode('pi-01', { fare: () => ({ phase: 'failed', problem }) })
    await isReady('pi-01')
    await addSampleService(master)
    const operation = await master.ended(await launchService({ name: 'one' }))
    expect(operation).toMatchObject({ status: 'failed', error: { code: 'overlay_corrupt', detail: 'flipped' } })
    expect((await master.request('GET', '/v1/instances/one')).body['status']).toMatchObject({ phase: 'failed' })
  })
})

describe('deleting', () => {
  it('ends when the node no longer shows the instance', async () => {
    const { agent } = await prepare()
    await master.ended(await launchService({ name: 'one' }))
    const operation = await master.ended(await master.request('DELETE', '/v1/instances/one'))
    expect(operation.status).toBe('succeeded')
    expect((await master.request('GET', '/v1/instances/one')).status).toBe(404)
    expect(agent.desired()?.instances).toEqual([])
    expect((await master.request('GET', '/v1/nodes/pi-01')).body['reserved']).toEqual({ memoryBytes: 0, cpus: 0 })
  })

  it('cancels a launch that goes on', async () => {
    await master.addNode('pi-01', { fare: () => ({ phase: 'starting', detail: 'waiting for the guest' }) })
    await isReady('pi-01')
    await addSampleService(master)
    const launched = await launchService({ name: 'one' })
    await eventually(async () => {
      const { body } = await master.request('GET', `/v1/operations/${launched.body['id']}`)
      expect(body).toMatchObject({ status: 'running', phase: 'waiting for the guest' })
    })
    const deleted = await master.request('DELETE', '/v1/instances/one')
    expect((await master.ended(deleted)).status).toBe('succeeded')
    expect((await master.ended(launched)).status).toBe('cancelled')
  })

  it('is what cancelling a launch comes to', async () => {
    await master.addNode('pi-01', { fare: () => ({ phase: 'starting' }) })
    await isReady('pi-01')
    await addSampleService(master)
    const launched = await launchService({ name: 'one' })
    const cancelled = await master.request('DELETE', `/v1/operations/${launched.body['id']}`)
    expect(cancelled.status).toBe(202)
    expect((await master.ended(cancelled)).status).toBe('cancelled')
    expect((await master.request('GET', '/v1/instances')).body['items']).toEqual([])
    expect((await master.request('DELETE', `/v1/operations/${launched.body['id']}`)).body['code']).toBe('wrong_state')
  })
})

describe('a restart', () => {
  it('goes on with a launch where it stood', async () => {
    let phase: 'starting' | 'running' = 'starting'
    const agent = await master.addNode('pi-01', { fare: () => ({ phase }) })
    await isReady('pi-01')
    await addSampleService(master)
    const launched = await launchService({ name: 'one' })
    await eventually(() => expect(agent.desired()?.instances).toHaveLength(1))
    const before = agent.desired()!.revision
    await master.restart()
    await agent.report()
    await eventually(() => expect(agent.desired()!.revision.epoch).toBe(before.epoch + 1))
    expect(agent.desired()?.instances).toHaveLength(1)
    phase = 'running'
    await agent.report()
    expect((await master.ended(launched)).status).toBe('succeeded')
  })
})
