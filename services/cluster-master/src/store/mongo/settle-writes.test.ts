import type { Timestamp } from '@bramble/contracts'
import { MongoNetworkError, MongoServerError } from 'mongodb'
import type { AnyBulkWriteOperation } from 'mongodb'
import type { Stored } from '../store.ts'
import type { MongoServer } from './mongo-server.ts'
import type { NumberedWrite, Row } from './rows.ts'
import { settleWrites } from './settle-writes.ts'

// A server that does what it is told to with one bulk after the other, and takes them as they come from then on.
type Fate = 'done' | 'lost' | 'answerLost' | 'refused'

function serverWith(fates: Fate[], rows = new Map<string, Row>()) {
  let bulks = 0
  const apply = (operation: AnyBulkWriteOperation<Row>): number => {
    if ('insertOne' in operation) {
      const { document } = operation.insertOne as { document: Row }
      if (rows.has(document._id)) return 0
      rows.set(document._id, document)
      return 1
    }
    const { filter, replacement } = (operation as { replaceOne: { filter: Partial<Row>; replacement: Row } }).replaceOne
    if (rows.get(replacement._id)?.revision !== filter.revision) return 0
    rows.set(replacement._id, replacement)
    return 1
  }
  const bulkWrite = async (operations: AnyBulkWriteOperation<Row>[]) => {
    bulks += 1
    const fate = fates.shift() ?? 'done'
    if (fate === 'lost') throw new MongoNetworkError('connection 1 timed out')
    if (fate === 'refused') throw new MongoServerError({ message: 'no', code: 2 })
    const done = operations.reduce((sum, operation) => sum + apply(operation), 0)
    if (fate === 'answerLost') throw new MongoNetworkError('connection 1 closed')
    return { insertedCount: done, matchedCount: 0 }
  }
  const collection = () => ({ bulkWrite, find: () => ({ toArray: async () => [...rows.values()] }) })
  const server = {
    database: { collection },
    ask: async (question: (alive: () => void) => unknown) => question(() => {}),
    isClosed: () => false,
  } as unknown as MongoServer
  return { server, rows, bulks: () => bulks }
}

let lastNumber = 0
function write(id: string, over = 0): NumberedWrite {
  const at = '2026-01-01T00:00:00.000Z' as Timestamp
  const row = { _id: id, revision: over + 1, cursor: (lastNumber += 1), removed: false, at, document: { id } as Stored }
  return { collection: 'settings', over, row }
}
const kindsOf = async (writes: NumberedWrite[], { server }: { server: MongoServer }, mayWrite = () => true) => {
  const outcomes = await settleWrites('settings', writes, { server, mayWrite })
  return writes.map((each) => outcomes.get(each)?.kind)
}

it.each<{ title: string; fates: Fate[]; kinds: string[]; bulks: number }>([
  { title: 'are done at once', fates: ['done'], kinds: ['written', 'written'], bulks: 1 },
  { title: 'are sent again when they were lost', fates: ['lost', 'lost'], kinds: ['written', 'written'], bulks: 3 },
  { title: 'are not sent again when they were done', fates: ['answerLost'], kinds: ['written', 'written'], bulks: 1 },
  { title: 'are sent one by one when refused', fates: ['refused', 'refused'], kinds: ['refused', 'written'], bulks: 3 },
  {
    title: 'are not refused for certain while one may be under way',
    fates: ['lost', 'refused', 'refused', 'refused'],
    kinds: ['written', 'written'],
    bulks: 6,
  },
])('writes $title', async ({ fates, kinds, bulks }) => {
  const server = serverWith([...fates])
  expect(await kindsOf([write('a'), write('b')], server)).toEqual(kinds)
  expect(server.bulks()).toBe(bulks)
})

it('tells those that something came before, and does the others', async () => {
  const stored = write('a', 4)
  const server = serverWith([], new Map([['a', stored.row]]))
  expect(await kindsOf([write('a', 4), write('b')], server)).toEqual(['conflict', 'written'])
  expect(server.rows.get('a')).toBe(stored.row)
})

it('gives up what is without effect again and again', async () => {
  const server = serverWith(Array.from({ length: 300 }, () => 'lost' as const))
  expect(await kindsOf([write('a')], server)).toEqual(['refused'])
}, 20_000)

it('sends nothing while another process may write', async () => {
  const server = serverWith([])
  let isAllowed = false
  const settled = kindsOf([write('a')], server, () => isAllowed)
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(server.bulks()).toBe(0)
  isAllowed = true
  expect(await settled).toEqual(['written'])
})
