import type { MongoClient } from 'mongodb'
import { keepClient } from './kept-client.ts'

let nowMs: number
let made: { isClosed: boolean }[]
const create = () => {
  const client = { isClosed: false, close: async () => void (client.isClosed = true) }
  made.push(client)
  return client as unknown as MongoClient
}

beforeEach(() => {
  nowMs = 1000
  made = []
})

it('keeps a client that fails now and then', () => {
  const kept = keepClient(create, () => nowMs)
  for (let round = 0; round < 10; round += 1) {
    nowMs += 7000
    kept.failed()
    kept.worked()
  }
  expect(made).toEqual([expect.objectContaining({ isClosed: false })])
})

it('takes another one when nothing was heard for eight seconds, and gives that as long', () => {
  const kept = keepClient(create, () => nowMs)
  const first = kept.current()
  nowMs += 8000
  kept.failed()
  expect(kept.current()).not.toBe(first)
  expect(made.map(({ isClosed }) => isClosed)).toEqual([true, false])
  nowMs += 7999
  kept.failed()
  expect(made).toHaveLength(2)
  nowMs += 1
  kept.failed()
  expect(made).toHaveLength(3)
})

it('takes none any more once it was closed', async () => {
  const kept = keepClient(create, () => nowMs)
  await kept.close()
  nowMs += 8000
  kept.failed()
  expect(made.map(({ isClosed }) => isClosed)).toEqual([true])
})
