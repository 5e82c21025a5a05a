import { newId, toTimestamp } from '@bramble/contracts'
import type { DeadFact } from '@bramble/contracts'
import { eventually } from '@bramble/kit'
import { startTestMaster } from '../testing/start-test-master.ts'
import type { TestMaster } from '../testing/start-test-master.ts'

let master: TestMaster
beforeAll(async () => void (master = await startTestMaster()))
afterAll(() => master.stop())

const instance = newId('instance')
const fact = (id: string, more: object = {}) => ({
  type: 'fact.instance.v1',
  id,
  node: 'pi-01',
  at: toTimestamp(new Date()),
  instance,
  verb: 'ready',
  ...more,
})
const tell = (body: ReturnType<typeof fact>) => master.bus.publishFact('node.pi-01.instance.ready', body)
const events = async () => (await master.request('GET', `/v1/events?resource=${instance}`)).body['items'] as object[]

it('makes one event of a fact that is told twice', async () => {
  await tell(fact('a'))
  await tell(fact('a'))
  await tell(fact('b', { verb: 'adopted', detail: 'after a restart' }))
  await eventually(async () => expect(await events()).toHaveLength(2))
  expect(await events()).toMatchObject([
    { type: 'instance.ready', id: 'node.pi-01:a' },
    { type: 'instance.adopted', summary: `instance ${instance} adopted on pi-01: after a restart` },
  ])
})

it('lets no node tell the facts of another, and keeps what it could not take for people to look at', async () => {
  await tell(fact('c', { node: 'pi-02' }))
  const unknown = fact('d', { verb: 'exploded' })
  for (const _ of ['once', 'again']) await tell(unknown)
  const deadFacts = async () => (await master.request('GET', '/v1/system/dead-facts')).body
  await eventually(async () => expect(await deadFacts()).toMatchObject({ count: 2, items: [{}, {}] }))
  const { items } = (await deadFacts()) as { items: DeadFact[] }
  expect(items.map(({ key }) => key)).toEqual(Array(2).fill('node.pi-01.instance.ready'))
  const forged = items.find(({ text }) => text.includes('"c"'))
  expect(forged?.reason).toContain('pi-02')
  expect(await events()).toHaveLength(2)
  expect((await master.request('DELETE', '/v1/system/dead-facts')).status).toBe(204)
  expect(await deadFacts()).toEqual({ count: 0, items: [] })
})
