import { MongoNetworkError } from 'mongodb'
import { StoreUnavailableError } from '../errors.ts'
import { connectMongo } from './mongo-server.ts'
import type { MongoServer } from './mongo-server.ts'

const broken = Object.assign(new Error('This socket has been ended by the other party'), { code: 'EPIPE' })

let server: MongoServer
beforeEach(() => {
  server = connectMongo({ uri: 'mongodb://127.0.0.1:1/' })
})
afterEach(() => server.close())

it.each([
  ['a lost connection', new MongoNetworkError('closed')],
  ['an error of the socket', broken],
])('asks again after %s', async (_what, error) => {
  const answers = [() => Promise.reject(error), () => Promise.resolve('here')]
  expect(await server.ask(() => answers.shift()!())).toBe('here')
})

it('tells that the store is away when all that comes are errors of the socket', async () => {
  await expect(server.ask(() => Promise.reject(broken))).rejects.toBeInstanceOf(StoreUnavailableError)
}, 10_000)

it('passes bugs on', async () => {
  await expect(server.ask(() => Promise.reject(new TypeError('a bug')))).rejects.toBeInstanceOf(TypeError)
})
