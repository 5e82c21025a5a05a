import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { makeProblem } from '@bramble/contracts'
import { createClient, ProblemError, UnreachableError } from './index.ts'

const serve = async (answer: (request: IncomingMessage) => { status: number; body: unknown }) => {
  const server: Server = createServer((request, response) => {
    const { status, body } = answer(request)
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, close: () => new Promise((resolve) => server.close(resolve)) }
}

describe('client', () => {
  it('calls the route with its parameters, query, token and key', async () => {
    const seen: unknown[] = []
    const server = await serve((request) => {
      seen.push([request.method, request.url, request.headers.authorization, request.headers['idempotency-key']])
      return { status: 200, body: { items: [] } }
    })
    const client = createClient({ url: server.url, token: 'secret' })
    await client.nodes.list({ query: { limit: 5 } })
    await client.instances.remove({ params: { instance: 'a b' }, idempotencyKey: 'k' })
    await server.close()
    expect(seen).toEqual([
      ['GET', '/v1/nodes?limit=5', 'Bearer secret', undefined],
      ['DELETE', '/v1/instances/a%20b', 'Bearer secret', 'k'],
    ])
  })

  it('throws the problem the master answered', async () => {
    const problem = makeProblem('no_node_fits', 'n1: too little memory')
    const server = await serve(() => ({ status: 409, body: problem }))
    const launch = createClient({ url: server.url }).instances.launch({ body: { service: 'org.example.a' } })
    await expect(launch).rejects.toMatchObject({ problem })
    await expect(launch).rejects.toBeInstanceOf(ProblemError)
    await server.close()
  })

  it('says which address did not answer', async () => {
    const client = createClient({ url: 'http://127.0.0.1:9' })
    await expect(client.system.version()).rejects.toThrow(UnreachableError)
    await expect(client.system.version()).rejects.toThrow('http://127.0.0.1:9')
  })
})

describe('a client of several masters', () => {
  const notServing = { status: 503, body: makeProblem('not_serving', 'another one has the lease') }
  const nodes = { status: 200, body: { items: [] } }
  const launch = (url: string, idempotencyKey?: string) =>
    createClient({ url }).instances.launch({ body: { service: 'a' }, idempotencyKey })

  /** Counts what it is asked, and takes connections without ever answering when there is no answer. */
  const startMaster = async (answer?: { status: number; body: unknown }) => {
    const seen: string[] = []
    const server = createServer((request, response) => {
      if (request.url !== '/healthz') seen.push(request.method!)
      if (!answer) return
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const close = async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, [Symbol.asyncDispose]: close }
  }

  it('passes over one that is gone and one that waits, and asks the one that served first from then on', async () => {
    await using standby = await startMaster(notServing)
    await using serving = await startMaster(nodes)
    const url = `http://127.0.0.1:10,${standby.url},${serving.url}`
    await launch(url)
    expect([standby.seen, serving.seen]).toEqual([['POST'], ['POST']])
    await createClient({ url }).nodes.list()
    expect([standby.seen, serving.seen]).toEqual([['POST'], ['POST', 'GET']])
  })

  it('says that one waits, where none serves', async () => {
    await using standby = await startMaster(notServing)
    await expect(launch(`${standby.url},http://127.0.0.1:10`)).rejects.toMatchObject({
      problem: { code: 'not_serving' },
    })
  })

  it('keeps to a refusal', async () => {
    await using refusing = await startMaster({ status: 409, body: makeProblem('name_taken', 'a') })
    await using other = await startMaster(nodes)
    await expect(launch(`${refusing.url},${other.url}`)).rejects.toBeInstanceOf(ProblemError)
    expect(other.seen).toEqual([])
  })

  it('leaves one that answers nothing, and asks another only what may be asked twice', async () => {
    await using hung = await startMaster()
    await using other = await startMaster(nodes)
    const url = `${hung.url},${other.url}`
    await expect(launch(url)).rejects.toThrow('answers nothing')
    await launch(url, 'key')
    expect([hung.seen, other.seen]).toEqual([['POST', 'POST'], ['POST']])
  }, 30_000)
})
