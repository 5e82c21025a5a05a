import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { makeProblem } from '@bramble/contracts'
import { eventually } from '@bramble/kit'
import { addSampleService, startTestMaster } from '../testing/start-test-master.ts'
import type { TestMaster } from '../testing/start-test-master.ts'

let master: TestMaster
let answer: (path: string) => { status: number; body: string } | undefined
const seen: { path: string; authorization: string | undefined }[] = []
const listener = createServer((request, response) => {
  seen.push({ path: request.url!, authorization: request.headers.authorization })
  const answered = answer(request.url!)
  if (answered) response.writeHead(answered.status).end(answered.body)
})

beforeAll(async () => {
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const listenerUrl = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`
  master = await startTestMaster({ agent: { timeoutSeconds: 1 } })
  await addNode('pi-01', listenerUrl)
  await addSampleService(master)
  const launched = await master.request('POST', '/v1/instances', {
    body: { service: 'org.example.search', name: 'one' },
  })
  await master.ended(launched)
})
afterAll(async () => {
  listener.closeAllConnections()
  listener.close()
  await master.stop()
})

async function addNode(id: string, listenerUrl: string): Promise<void> {
  await master.addNode(id, { host: { listenerUrl } })
  await eventually(async () => {
    expect((await master.request('GET', `/v1/nodes/${id}`)).body).toMatchObject({ liveness: 'ready' })
  })
}

const exec = () => master.request('POST', '/v1/instances/one/actions/exec', { body: { command: ['true'] } })
const console = () => master.request('GET', '/v1/instances/one/console?tailBytes=10')

describe('what an agent is asked', () => {
  it('is answered with what it says, and asked with its key', async () => {
    answer = () => ({ status: 200, body: 'login:' })
    expect((await console()).body).toEqual({ text: 'login:' })
    expect(seen.at(-1)?.path).toMatch(/^\/v1\/instances\/in-.*\/console\?tailBytes=10$/)
    expect(seen.at(-1)?.authorization).toBe('Bearer key-of-pi-01')
    const result = { exitCode: 3, stdoutBase64: '', stderrBase64: '', truncated: false }
    answer = () => ({ status: 200, body: JSON.stringify(result) })
    expect((await exec()).body).toEqual(result)
  })

  it('is refused with its own problem', async () => {
    const problem = makeProblem('guest_agent_missing', 'no agent answers')
    answer = () => ({ status: problem.status, body: JSON.stringify(problem) })
    expect((await exec()).body).toMatchObject({ status: 409, code: 'guest_agent_missing', detail: 'no agent answers' })
  })

  it('is refused where the agent has no listener', async () => {
    await addNode('sim-001', '')
    const body = { service: 'org.example.search', name: 'two', node: 'sim-001' }
    await master.ended(await master.request('POST', '/v1/instances', { body }))
    const answered = (await master.request('GET', '/v1/instances/two/console')).body
    expect(answered).toMatchObject({ status: 409, code: 'wrong_state', detail: expect.stringContaining('sim-001') })
  })

  it('is agent_timeout when it does not answer', async () => {
    answer = () => undefined
    expect((await console()).body).toMatchObject({ status: 504, code: 'agent_timeout' })
  })

  it.each([
    ['refuses our key', { status: 401, body: JSON.stringify(makeProblem('unauthenticated', 'who?')) }],
    ['answers nonsense', { status: 500, body: '<html>' }],
  ])('is agent_unreachable when it %s', async (_what, answered) => {
    answer = () => answered
    expect((await console()).body).toMatchObject({ status: 502, code: 'agent_unreachable' })
  })
})
