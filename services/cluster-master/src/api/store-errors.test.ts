import { newId, Problem } from '@bramble/contracts'
import { addSampleService, startTestMaster } from '../testing/start-test-master.ts'
import type { TestMaster } from '../testing/start-test-master.ts'

const service = 'org.example.search'
let master: TestMaster
beforeEach(async () => {
  master = await startTestMaster()
  await master.addNode('pi-01')
  await addSampleService(master, service)
})
afterEach(() => master.stop())

it.each([
  ['GET', '/v1/services', undefined],
  ['GET', '/v1/events', undefined],
  ['GET', `/v1/operations/${newId('operation')}`, undefined],
  ['POST', '/v1/services', { id: 'a.b' }],
  ['PATCH', `/v1/services/${service}`, { description: 'x' }],
  ['DELETE', `/v1/services/${service}`, undefined],
  ['POST', '/v1/instances', { service }],
  ['POST', '/v1/tokens', { name: 'phone', roles: ['viewer'] }],
])('%s %s says that the store is down, and when to come back', async (method, path, body) => {
  await master.store.close()
  const plain: Record<string, string> = {}
  for (const headers of [plain, { 'idempotency-key': 'k' }]) {
    const answer = await master.request(method, path, { headers, ...(body && { body }) })
    expect(Problem.parse(answer.body)).toMatchObject({ status: 503, code: 'unavailable' })
    expect(answer.headers.get('retry-after')).toBe('1')
  }
})

it.each(['cursor=nonsense', 'sort=..', 'sort=a..b', 'sort=-.'])('?%s is a mistake of who asks', async (query) => {
  const answer = await master.request('GET', `/v1/services?${query}`)
  expect(Problem.parse(answer.body)).toMatchObject({ status: 400, code: 'invalid_input' })
})
