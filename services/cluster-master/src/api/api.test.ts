import { newId, Problem } from '@bramble/contracts'
import { eventually } from '@bramble/kit'
import { addSampleService, startTestMaster } from '../testing/start-test-master.ts'
import type { Answer, TestMaster } from '../testing/start-test-master.ts'

let master: TestMaster
beforeAll(async () => {
  master = await startTestMaster()
  await master.addNode('pi-01')
  await eventually(async () => {
    expect((await master.request('GET', '/v1/nodes/pi-01')).body).toMatchObject({ liveness: 'ready' })
  })
  await addSampleService(master)
})
afterAll(() => master.stop())

const get = (path: string) => master.request('GET', path)
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  master.request('POST', path, { body, headers })
const itemsOf = ({ body }: Answer) => body['items'] as Record<string, unknown>[]
const newToken = async (name: string, more: object) =>
  (await post('/v1/tokens', { name, roles: ['viewer'], ...more })).body as { id: string; secret: string }

describe('tokens', () => {
  it('are shown once, and count until they are revoked', async () => {
    const { secret } = await newToken('phone', {})
    expect((await get('/v1/tokens?filter=name=phone')).body['items']).toMatchObject([{ name: 'phone' }])
    expect(JSON.stringify((await get('/v1/tokens')).body)).not.toMatch(/secret/i)
    const whoami = () => master.request('GET', '/v1/whoami', { secret })
    expect((await whoami()).body).toMatchObject({ name: 'phone', roles: ['viewer'] })
    expect((await master.request('DELETE', '/v1/tokens/phone')).status).toBe(204)
    expect((await whoami()).body).toMatchObject({ code: 'unauthenticated' })
  })

  it('expire', async () => {
    const { id } = await newToken('short', { expiresInSeconds: 1000 })
    const { secret } = await newToken('shorter', { expiresInSeconds: 1 })
    expect(id).toMatch(/^tk-/)
    await eventually(async () => {
      const { body } = await master.request('GET', '/v1/whoami', { secret })
      expect(body['detail']).toContain('expired')
    })
  })

  it.each([['Basic abc'], ['Bearer nonsense'], [`Bearer bramble_${'0'.repeat(20)}_${'x'.repeat(43)}`], ['Bearer']])(
    'refuses %s',
    async (authorization) => {
      const answer = await master.request('GET', '/v1/nodes', { secret: null, headers: { authorization } })
      expect(Problem.parse(answer.body)).toMatchObject({ status: 401, code: 'unauthenticated' })
    },
  )

  it('gives a node a token that takes the place of the one before', async () => {
    const first = await master.running.renewNodeToken('pi-01' as never)
    const second = await master.running.renewNodeToken('pi-01' as never)
    expect((await master.request('GET', '/v1/whoami', { secret: second })).body).toMatchObject({ node: 'pi-01' })
    expect((await master.request('GET', '/v1/whoami', { secret: first })).status).toBe(401)
  })
})

describe('problems', () => {
  it.each([
    ['GET', '/v1/nowhere', undefined, 404, 'route_not_found'],
    ['GET', '/v1/instances/none', undefined, 404, 'not_found'],
    ['GET', `/v1/operations/${newId('operation')}`, undefined, 404, 'not_found'],
    ['POST', '/v1/instances', { service: 'a.b', base: 'c' }, 400, 'invalid_input'],
    ['POST', '/v1/instances', { service: 'a.b', publish: [{ guestPort: 0 }] }, 400, 'invalid_input'],
    ['GET', '/v1/instances?filter=nonsense', undefined, 400, 'invalid_input'],
    ['GET', '/v1/instances?cursor=nonsense', undefined, 400, 'invalid_input'],
    ['GET', '/v1/instances?limit=0', undefined, 400, 'invalid_input'],
  ])('%s %s %j -> %i %s', async (method, path, body, status, code) => {
    const answer = await master.request(method, path, { ...(body && { body }) })
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
    expect(Problem.parse(answer.body)).toMatchObject({ status, code, requestId: expect.any(String) })
    expect(answer.status).toBe(status)
  })
})

describe('lists', () => {
  it('come in pages, sorted, filtered and narrowed', async () => {
    for (const letter of ['a', 'b', 'c', 'd', 'e']) await post('/v1/services', { id: `list.${letter}`, tags: [letter] })
    const path = '/v1/services?filter=id~list.&limit=2&fields=id&sort=-id'
    const pages: unknown[] = []
    for (let cursor = ''; ;) {
      const page = await get(cursor ? `${path}&cursor=${cursor}` : path)
      pages.push(
        itemsOf(page)
          .map((it) => Object.values(it))
          .flat(),
      )
      cursor = String(page.body['nextCursor'] ?? '')
      if (!cursor) break
    }
    expect(pages.flat()).toEqual(['list.e', 'list.d', 'list.c', 'list.b', 'list.a'])
    expect(pages[0]).toHaveLength(2)
    expect(itemsOf(await get('/v1/services?filter=tags=c'))).toMatchObject([{ id: 'list.c' }])
  })
})

describe('nodes', () => {
  it('are sorted and filtered by what is shown of them', async () => {
    for (const id of ['pi-02', 'pi-03']) await master.running.registerNode({ id: id as never, cluster: 'x' })
    await master.ended(await post('/v1/instances', { service: 'org.example.search' }))
    const ids = async (query: string) => itemsOf(await get(`/v1/nodes?${query}`)).map(({ id }) => id)
    expect(await ids('sort=-instances')).toEqual(['pi-01', 'pi-03', 'pi-02'])
    expect(await ids('sort=reserved.memoryBytes')).toEqual(['pi-02', 'pi-03', 'pi-01'])
    expect(await ids('filter=instances=0')).toEqual(['pi-02', 'pi-03'])
    expect(await ids('filter=reserved.cpus=0,liveness=lost')).toEqual(['pi-02', 'pi-03'])
    expect(await ids('filter=liveness=ready&sort=-instances&limit=1')).toEqual(['pi-01'])
  })
})

describe('services', () => {
  it('are changed by merge patch, and only by who read the newest', async () => {
    const probe = { kind: 'http', port: 80 }
    const made = await post('/v1/services', { id: 'patch.me', description: 'x', probe })
    const etag = made.headers.get('etag')!
    const patch = (body: object, headers: Record<string, string> = {}) =>
      master.request('PATCH', '/v1/services/patch.me', { body, headers })
    const memoryBytes = 2 ** 30
    const changed = await patch({ probe: null, resources: { ideal: { memoryBytes } } }, { 'if-match': etag })
    expect(changed.status).toBe(200)
    expect(changed.body).toMatchObject({ description: 'x', resources: { ideal: { memoryBytes, cpus: 1 } } })
    expect(changed.body).not.toHaveProperty('probe')
    const late = await patch({ description: 'y' }, { 'if-match': etag })
    expect(late.body).toMatchObject({ status: 412, code: 'revision_mismatch' })
    expect((await get('/v1/services/patch.me')).headers.get('etag')).toBe(changed.headers.get('etag'))
  })

  it('take overlays that are there', async () => {
    const { body } = await post('/v1/services', { id: 'no.overlay', variants: [{ overlay: 'none' }] })
    expect(body).toMatchObject({ code: 'not_found' })
    expect((await get('/v1/services/org.example.search')).body['variants']).toMatchObject([{ arch: 'x86_64' }])
  })
})

describe('Idempotency-Key', () => {
  const key = (value: string) => ({ 'idempotency-key': value })
  const launch = (name: string, value: string) =>
    post('/v1/instances', { service: 'org.example.search', name }, key(value))

  it('does the same request once, and refuses another one', async () => {
    const first = await launch('once', 'k1')
    const second = await launch('once', 'k1')
    expect(second.status).toBe(202)
    expect(second.body['id']).toBe(first.body['id'])
    expect((await launch('twice', 'k1')).body).toMatchObject({ status: 422, code: 'idempotency_key_reused' })
    await master.ended(first)
    expect((await launch('once', 'k1')).body).toMatchObject({ id: first.body['id'], status: 'succeeded' })
  })

  it('says that the first request goes on', async () => {
    const answers = await Promise.all([launch('both', 'k2'), launch('both', 'k2')])
    const codes = answers.map(({ status, body }) => (status === 202 ? 'accepted' : body['code'])).sort()
    expect([
      ['accepted', 'accepted'],
      ['accepted', 'idempotency_key_running'],
    ]).toContainEqual(codes)
  })

  it('gives the same answer where no operation was made', async () => {
    const create = () => post('/v1/services', { id: 'idempotent.service' }, key('k3'))
    const first = await create()
    expect(await create()).toMatchObject({ status: 201, body: first.body })
  })

  it('finds what was made before the answer could be kept, and takes nothing of others for it', async () => {
    const create = (id: string) => post('/v1/services', { id, version: '7' }, key(`unanswered ${id}`))
    const first = await create('un.answered')
    const records = master.store.collection('idempotency')
    for (const { id } of await records.all()) await records.update(id, ({ answer: _, ...record }) => record)
    expect(await create('un.answered')).toMatchObject({ status: 201, body: first.body })
    await post('/v1/services', { id: 'of.another', version: '7' })
    // A key is told from what was there before by the clock, which knows milliseconds.
    const madeMs = Date.now()
    await eventually(() => expect(Date.now()).toBeGreaterThan(madeMs))
    expect((await create('of.another')).body).toMatchObject({ code: 'name_taken' })
  })

  it('may be used again after a refusal', async () => {
    const create = () => post('/v1/services', { id: 'later', variants: [{ overlay: 'x' }] }, key('k4'))
    expect((await create()).status).toBe(400)
    const missing = { id: 'org.later', variants: [{ overlay: 'later-overlay' }] }
    expect((await post('/v1/services', missing, key('k5'))).status).toBe(404)
    expect((await post('/v1/services', missing, key('k5'))).status).toBe(404)
  })
})

describe('operations', () => {
  it('are waited for, and no longer than asked', async () => {
    const { body } = await post('/v1/instances', { service: 'org.example.search' })
    const path = `/v1/operations/${String(body['id'])}`
    expect((await get(`${path}?wait=30s`)).body).toMatchObject({ status: 'succeeded' })
    expect((await get(`${path}?wait=9h`)).status).toBe(400)
  })
})

describe('documentation and probes', () => {
  it.each([
    ['/healthz', 200],
    ['/readyz', 200],
    ['/metrics', 401],
    ['/v1/version', 200],
    ['/docs/', 200],
    ['/docs', 301],
    ['/docs/swagger-ui.css', 200],
    ['/docs/swagger-ui-bundle.js', 200],
    ['/docs/start.js', 200],
    ['/v1/openapi.json', 200],
  ])('%s answers %i without a token', async (path, status) => {
    expect((await master.request('GET', path, { secret: null })).status).toBe(status)
  })

  it('measures nodes, instances, operations, events and dead facts', async () => {
    const { body } = await master.request('POST', '/v1/instances', { body: { service: 'org.example.search' } })
    await get(`/v1/operations/${String(body['id'])}?wait=30s`)
    await master.bus.publishFactBytes('node.pi-01.instance.ready', Buffer.from('nonsense'))
    await eventually(async () => {
      const text = String((await master.request('GET', '/metrics')).body['text'])
      const read = (series: string) =>
        Number(
          text
            .split('\n')
            .find((line) => line.startsWith(series))
            ?.split(' ')
            .at(-1),
        )
      expect(read('bramble_nodes{liveness="ready"')).toBe(1)
      expect(read('bramble_nodes{liveness="suspect"')).toBe(0)
      expect(read('bramble_instances{phase="running"')).toBeGreaterThan(0)
      expect(read('bramble_operations_open{kind="base.create"')).toBe(0)
      expect(read('bramble_events_recorded')).toBeGreaterThan(5)
      expect(read('bramble_dead_facts')).toBe(1)
    })
  })

  it('has unfinished uploads removed', () => expect(master.expiries()).toBeGreaterThan(0))

  it('tells how the tasks are doing', async () => {
    const names = itemsOf(await get('/v1/system/tasks')).map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['carry-out-operations', 'publish-desired', 'record-events']))
    expect((await get('/v1/system/health')).body).toMatchObject({ status: 'ok', checks: { store: { ok: true } } })
  })
})
