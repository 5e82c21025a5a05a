import type { HostFacts, NodeId } from '@bramble/contracts'
import { eventually } from '@bramble/kit'
import { startJoiningBed } from '../testing/joining-bed.ts'
import type { JoiningBed } from '../testing/joining-bed.ts'
import { sampleHostRequest } from '../testing/sample-joining.ts'

let bed: JoiningBed
let joining: JoiningBed['joining']
let master: JoiningBed['master']
beforeAll(async () => {
  bed = await startJoiningBed()
  ;({ joining, master } = bed)
})
afterAll(() => bed.stop())

const launch = (more: object) => bed.post('/v1/instances', { service: 'org.example.search', ...more })

describe('a node that is to be approved', () => {
  it('is nobody until it is', async () => {
    const { body, own, secret, key } = await bed.joined('pi-20', { needsApproval: true })
    expect(body).toMatchObject({ admission: 'seen' })
    expect((await own('pi-20/broker')).body).toMatchObject({ status: 409, code: 'not_approved' })
    expect((await master.request('GET', '/v2/', { secret })).status).toBe(409)
    const agent = await bed.agentOf('pi-20')
    await agent.report()
    expect(await bed.node('pi-20')).toMatchObject({ liveness: 'lost' })
    expect(agent.received()).toBe(0)
    expect((await launch({ name: 'too-early', node: 'pi-20' })).body).toMatchObject({ code: 'no_node_fits' })

    await bed.joined('pi-21')
    const neighbour = await bed.agentOf('pi-21')
    const refused = () => neighbour.desired()?.refusedNodes?.map(({ node: id, key: its }) => [id, its])
    await eventually(() => expect(refused()).toContainEqual(['pi-20', key]))

    // Later writes cover it, where they come at once.
    await eventually(async () => expect(await bed.eventTypes('pi-20')).toEqual(['node.joined']))
    expect((await bed.act('pi-20', 'approve')).body).toMatchObject({
      admission: 'approved',
      deed: { verb: 'approved' },
    })
    expect((await bed.act('pi-20', 'approve')).status).toBe(200)
    expect((await own('pi-20/broker')).status).toBe(200)
    expect((await master.request('GET', '/v2/', { secret })).status).toBe(200)
    await agent.report()
    await bed.ready('pi-20')
    await eventually(async () =>
      expect(await bed.eventTypes('pi-20')).toEqual(['node.joined', 'node.approved', 'node.ready']),
    )
  })
})

describe('a node that is drained', () => {
  it('keeps what it has and gets nothing more, until it is undrained', async () => {
    await bed.joined('pi-30')
    await bed.agentOf('pi-30')
    await bed.ready('pi-30')
    expect((await master.ended(await launch({ name: 'stays', node: 'pi-30' }))).status).toBe('succeeded')
    expect((await bed.act('pi-30', 'drain', {})).body).toMatchObject({
      node: { admission: 'draining' },
      operations: [],
    })
    expect((await launch({ name: 'refused', node: 'pi-30' })).body).toMatchObject({
      code: 'no_node_fits',
      detail: expect.stringContaining('draining'),
    })
    expect((await bed.get('/v1/instances/stays')).body).toMatchObject({ status: { phase: 'running' } })
    expect((await bed.act('pi-30', 'approve')).body).toMatchObject({ code: 'wrong_state' })
    expect((await bed.act('pi-30', 'undrain')).body).toMatchObject({ admission: 'approved' })
    expect((await master.ended(await launch({ name: 'taken', node: 'pi-30' }))).status).toBe('succeeded')
  })

  it('is emptied when asked to', async () => {
    await bed.joined('pi-31')
    await bed.agentOf('pi-31')
    await bed.ready('pi-31')
    for (const name of ['one', 'two']) await master.ended(await launch({ name, node: 'pi-31' }))
    const { body } = await bed.act('pi-31', 'drain', { evict: true })
    expect(body['operations']).toHaveLength(2)
    for (const id of body['operations'] as string[])
      expect((await bed.get(`/v1/operations/${id}?wait=10s`)).body).toMatchObject({ status: 'succeeded' })
    expect(await bed.node('pi-31')).toMatchObject({ instances: 0, admission: 'draining' })
  })
})

describe('a node that is retired', () => {
  it('may do nothing more, at once', async () => {
    const { own, secret, token, csr, key } = await bed.joined('pi-40')
    const agent = await bed.agentOf('pi-40')
    await bed.ready('pi-40')
    await own('pi-40/broker')
    const { body } = await bed.act('pi-40', 'retire', {})
    expect(body).toMatchObject({ admission: 'retired', refusedKeys: [{ key }] })
    expect(body).not.toHaveProperty('identity')
    expect(joining.access.passwords.has('pi-40' as NodeId)).toBe(false)
    expect((await own('pi-40/broker')).status).toBe(401)
    expect((await master.request('GET', '/v2/', { secret })).status).toBe(401)
    expect((await bed.join({ token, node: 'pi-40', csr })).body).toMatchObject({ code: 'name_taken' })
    expect((await bed.act('pi-40', 'drain', {})).body).toMatchObject({ code: 'wrong_state' })
    expect((await launch({ name: 'nowhere', node: 'pi-40' })).body).toMatchObject({ code: 'no_node_fits' })
    const received = agent.received()
    await agent.report({ host: { ...(await hostOf('pi-40')), cpus: 99 } })
    expect(await hostOf('pi-40')).not.toMatchObject({ cpus: 99 })
    expect(agent.received()).toBe(received)
    await eventually(async () => expect(await bed.eventTypes('pi-40')).toContain('node.retired'))
  })

  const hostOf = async (id: string) => (await bed.node(id))['host'] as HostFacts

  it('is not retired while it has instances, unless they are given up', async () => {
    await bed.joined('pi-41')
    const agent = await bed.agentOf('pi-41')
    await bed.ready('pi-41')
    await master.ended(await launch({ name: 'held', node: 'pi-41' }))
    expect((await bed.act('pi-41', 'retire', {})).body).toMatchObject({
      code: 'in_use',
      detail: expect.stringContaining('held'),
    })
    expect((await bed.act('pi-41', 'drain', {})).status).toBe(200)
    await agent.stop()
    expect((await bed.act('pi-41', 'retire', { force: true })).status).toBe(200)
    await eventually(async () => expect((await bed.get('/v1/instances/held')).status).toBe(404))
  })

  it('leaves its name to a host that is invited after that', async () => {
    const first = await bed.joined('pi-42')
    const before = await bed.invite({ uses: 2 })
    await bed.act('pi-42', 'retire', {})
    const csr = await sampleHostRequest()
    expect((await bed.join({ token: before.token, node: 'pi-42', csr })).body).toMatchObject({ code: 'name_taken' })
    const second = await bed.joined('pi-42', { cluster: 'shelf-2' })
    expect(await bed.node('pi-42')).toMatchObject({
      admission: 'approved',
      cluster: 'shelf-2',
      identity: { key: second.key },
      refusedKeys: [{ key: first.key }],
    })
    const agent = await bed.agentOf('pi-42')
    await bed.ready('pi-42')
    await eventually(() => expect(agent.desired()?.refusedNodes).toContainEqual({ node: 'pi-42', key: first.key }))
  })

  it('is let in again with the key that it had, when it is invited again', async () => {
    const { csr, key } = await bed.joined('pi-43')
    await bed.act('pi-43', 'retire', {})
    const { token } = await bed.invite()
    expect((await bed.join({ token, node: 'pi-43', csr })).status).toBe(201)
    const again = await bed.node('pi-43')
    expect(again).toMatchObject({ identity: { key } })
    expect(again).not.toHaveProperty('refusedKeys')
  })

  it('loses its broker user once the broker is back, also over a restart of the master', async () => {
    const grantsOf = (id: string) => joining.access.passwords.has(id as NodeId)
    for (const id of ['pi-44', 'pi-45', 'pi-46']) await (await bed.joined(id)).own(`${id}/broker`)
    joining.access.isDown = true
    expect((await bed.act('pi-44', 'retire', {})).body).toMatchObject({ admission: 'retired' })
    expect(grantsOf('pi-44')).toBe(true)
    joining.access.isDown = false
    await eventually(() => expect(grantsOf('pi-44')).toBe(false))
    joining.access.isDown = true
    await bed.act('pi-45', 'retire', {})
    await master.restart()
    joining.access.isDown = false
    await eventually(() => expect(grantsOf('pi-45')).toBe(false))
    expect(grantsOf('pi-46')).toBe(true)
  })
})

describe('labels and cluster of a node', () => {
  const patch = (body: object, headers: Record<string, string> = {}) =>
    master.request('PATCH', '/v1/nodes/pi-50', { body, headers })

  it('are merged', async () => {
    await bed.joined('pi-50', { labels: { rack: '1', row: 'a' } })
    const { body, headers } = await patch({ labels: { rack: '2', row: null, shelf: '7' }, cluster: 'shelf-9' })
    expect(body).toMatchObject({ cluster: 'shelf-9', labels: { rack: '2', shelf: '7' } })
    expect(body['labels']).not.toHaveProperty('row')
    expect(headers.get('etag')).toBe(`"${String(body['revision'])}"`)
    expect((await patch({ labels: {} }, { 'if-match': '"1"' })).body).toMatchObject({ code: 'revision_mismatch' })
    const many = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`label-${i}`, '']))
    expect((await patch({ labels: many })).body).toMatchObject({ code: 'invalid_input' })
    await eventually(async () => expect(await bed.eventTypes('pi-50')).toContain('node.updated'))
  })

  it('of a retired one stay as they are', async () => {
    await bed.act('pi-50', 'retire', {})
    expect((await patch({ labels: { rack: '3' } })).body).toMatchObject({ code: 'wrong_state' })
  })
})
