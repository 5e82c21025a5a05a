import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import type { ServerInRoot } from './run-in-root.ts'
import { startMongo } from './start-mongo.ts'
import type { MongoServer } from './start-mongo.ts'
import { startRabbitMq } from './start-rabbitmq.ts'
import { madeForGoodMs } from './run-broker.ts'
import type { RabbitMqServer } from './run-broker.ts'

/** The state letter of /proc/PID/stat: T for a stopped process, undefined for one that has ended. */
const stateOf = async (pid: number) =>
  (await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')).replace(/^.*\) /s, '')[0]

async function expectSignals(server: ServerInRoot) {
  const states = async () => new Set(await Promise.all((await server.pids()).map(stateOf)))
  await server.kill('SIGSTOP')
  const stopped = await states()
  await server.kill('SIGCONT')
  expect(stopped).toEqual(new Set(['T']))
  expect(await states()).not.toContain('T')
}

async function expectNothingLeft(server: ServerInRoot) {
  const pids = await server.pids()
  expect(pids.length).toBeGreaterThan(0)
  await server.stop()
  expect(pids.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([])
  expect(existsSync(server.stateDir)).toBe(false)
  expect(await readFile('/proc/self/mounts', 'utf8')).not.toContain(server.stateDir)
}

describe('a RabbitMQ of its own', () => {
  let broker: RabbitMqServer
  beforeAll(async () => (broker = await startRabbitMq()))
  afterAll(() => broker.stop())

  const ask = (method: string, path: string, body?: unknown, [user, password] = [broker.user, broker.password]) =>
    fetch(`${broker.managementUrl}/api/${path}`, {
      method,
      headers: { authorization: `Basic ${btoa(`${user}:${password}`)}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })

  it('lets in its administrator and nobody else', async () => {
    expect((await ask('GET', 'whoami')).status).toBe(200)
    expect((await ask('GET', 'whoami', undefined, [broker.user, 'guess'])).status).toBe(401)
    expect((await ask('GET', 'whoami', undefined, ['guest', 'guest'])).status).toBe(401)
  })

  it('keeps what it confirmed when it is killed and restarted', async () => {
    await ask('PUT', 'queues/%2F/kept', { durable: true })
    await pause(madeForGoodMs)
    const message = { routing_key: 'kept', payload: 'still here', payload_encoding: 'string' }
    const sent = await ask('POST', 'exchanges/%2F/amq.default/publish', {
      ...message,
      properties: { delivery_mode: 2 },
    })
    expect(await sent.json()).toEqual({ routed: true })
    await broker.kill('SIGKILL')
    await expect(ask('GET', 'whoami')).rejects.toThrow('fetch failed')
    await broker.restart()
    const take = { count: 1, ackmode: 'ack_requeue_false', encoding: 'auto' }
    expect(await (await ask('POST', 'queues/%2F/kept/get', take)).json()).toMatchObject([{ payload: 'still here' }])
  })

  it('stops and goes on', () => expectSignals(broker))

  it('tells what one said that does not start', async () => {
    await expect(startRabbitMq({ conf: 'nonsense = 1' })).rejects.toMatchObject({
      message: expect.stringMatching(/did not start; its log:[^]*nonsense/),
      cause: { message: 'rabbitmq ended 3 times before it was ready' },
    })
  })

  it('does not meet another one, and leaves nothing', async () => {
    const other = await startRabbitMq()
    expect((await ask('GET', 'whoami', undefined, [other.user, other.password])).status).toBe(401)
    await expectNothingLeft(other)
    expect((await ask('GET', 'whoami')).status).toBe(200)
  })
})

describe('a MongoDB-protocol server of its own', () => {
  let server: MongoServer
  beforeAll(async () => (server = await startMongo()))
  afterAll(() => server.stop())

  async function withClient<T>(uri: string, act: (client: MongoClient) => Promise<T>): Promise<T> {
    const client = new MongoClient(uri, { serverSelectionTimeoutMS: 2_000 })
    try {
      return await act(client)
    } finally {
      await client.close()
    }
  }
  const count = (client: MongoClient) => client.db('test').collection('kept').countDocuments()

  it('lets in its user and nobody else', async () => {
    expect(await withClient(server.uri, count)).toBe(0)
    await expect(withClient(server.uri.replace(server.password, 'guess'), count)).rejects.toThrow(/auth/i)
    await expect(withClient(`mongodb://127.0.0.1:${server.port}/`, count)).rejects.toThrow(/auth/i)
  })

  it('keeps what it acknowledged when it is killed and restarted', async () => {
    await withClient(server.uri, (client) => client.db('test').collection('kept').insertOne({ n: 1 }))
    await server.kill('SIGKILL')
    await expect(withClient(server.uri, count)).rejects.toThrow('ECONNREFUSED')
    await server.restart()
    expect(await withClient(server.uri, count)).toBe(1)
  })

  it('stops and goes on', async () => {
    await expectSignals(server)
    expect(await withClient(server.uri, count)).toBe(1)
  })

  it('leaves nothing', async () => {
    const other = await startMongo()
    await expectNothingLeft(other)
    expect(await withClient(server.uri, count)).toBe(1)
  })
})
