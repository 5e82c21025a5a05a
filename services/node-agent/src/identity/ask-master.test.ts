import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { makeProblem, routes } from '@bramble/contracts'
import type { ProblemCode } from '@bramble/contracts'
import { createAskMaster } from './ask-master.ts'
import { createMasters } from './masters.ts'

const gone = 'http://127.0.0.1:10'
const access = { urls: ['amqp://broker'], user: 'node.a', password: 'secret' }

async function startMaster(refusal?: ProblemCode) {
  let asked = 0
  const body = refusal ? makeProblem(refusal, 'no') : access
  const server = createServer((_, response) => {
    asked += 1
    const status = 'status' in body ? body.status : 200
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = () => new Promise<void>((resolve) => (server.close(() => resolve()), server.closeAllConnections()))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, asked: () => asked, [Symbol.asyncDispose]: close }
}

const asking = (...urls: string[]) => {
  const ask = createAskMaster(createMasters(urls))
  return () => ask(routes.nodes.broker, { params: { node: 'a' }, signal: AbortSignal.timeout(5000) })
}

describe('an agent with several masters', () => {
  it('asks the next one when one is gone or waits, and stays with the one that serves', async () => {
    await using standby = await startMaster('not_serving')
    await using serving = await startMaster()
    const ask = asking(gone, standby.url, serving.url)
    expect(await ask()).toMatchObject({ user: 'node.a' })
    await ask()
    expect([standby.asked(), serving.asked()]).toEqual([1, 2])
  })

  it('takes a refusal for an answer', async () => {
    await using refusing = await startMaster('not_approved')
    await using serving = await startMaster()
    await expect(asking(refusing.url, serving.url)()).rejects.toMatchObject({ code: 'not_approved' })
    expect(serving.asked()).toBe(0)
  })

  it('gives up when none serves', async () => {
    await using standby = await startMaster('not_serving')
    await expect(asking(standby.url, gone)()).rejects.toMatchObject({ code: 'unavailable' })
  })
})
