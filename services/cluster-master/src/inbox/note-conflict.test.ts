import { eventually } from '@bramble/kit'
import type { FakeAgent } from '../testing/fake-agent.ts'
import { startTestMaster } from '../testing/start-test-master.ts'
import type { TestMaster } from '../testing/start-test-master.ts'

const detail = 'two different desired documents came under one revision'
let master: TestMaster
let agent: FakeAgent
beforeEach(async () => {
  master = await startTestMaster()
  agent = await master.addNode('pi-01')
  await eventually(() => expect(agent.desired()).toBeDefined())
})
afterEach(() => master.stop())

const conflictsTold = async () =>
  (await master.request('GET', '/v1/events?types=node.conflict')).body['items'] as { summary: string }[]
const shown = async () => (await master.request('GET', '/v1/nodes/pi-01')).body

it('sends the document again under a later revision, shows the conflict, and tells it once', async () => {
  const { revision } = agent.desired()!
  for (let told = 0; told < 3; told += 1) await agent.report({ conflict: { revision, detail } })
  await eventually(async () => expect(await conflictsTold()).toHaveLength(1))
  expect((await conflictsTold())[0]!.summary).toBe(`node pi-01 refuses its desired document: ${detail}`)
  await eventually(() => expect(agent.desired()!.revision.n).toBe(revision.n + 1))
  await eventually(async () => expect(await shown()).not.toHaveProperty('conflict'))
  await agent.report({ conflict: { revision, detail } })
  await eventually(async () => expect(await shown()).toMatchObject({ conflict: { revision, detail } }))
  expect(agent.desired()!.revision.n).toBe(revision.n + 1)
})
