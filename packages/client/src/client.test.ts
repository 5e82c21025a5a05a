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
