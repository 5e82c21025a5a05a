import type { Timestamp } from '@bramble/contracts'
import type { Stored } from '../store.ts'
import { judgeWrite, uniqueIndexName } from './judge-write.ts'
import type { NumberedWrite, Row } from './rows.ts'

const at = '2026-01-01T00:00:00.000Z' as Timestamp
const row = (revision: number, cursor: number): Row => ({
  _id: 'a',
  revision,
  cursor,
  removed: false,
  at,
  document: { id: 'a' } as Stored,
})
const write = (over: number): NumberedWrite => ({ collection: 'instances', over, row: row(over + 1, 77) })

const duplicate = (message: string) => ({ code: 11000, message })
const mongod = duplicate(`E11000 duplicate key error collection: x.instances index: ${uniqueIndexName('name')} dup key`)
const ferret = duplicate(`Duplicate key violation on the requested collection: Index '${uniqueIndexName('name')}'`)
const byId = duplicate(`Duplicate key violation on the requested collection: Index '_id_'`)
const bug = { code: 2, message: 'bad value' }

describe('a write is judged by what is stored', () => {
  it.each([
    { title: 'it is there', over: 3, stored: row(4, 77), answer: undefined, kind: 'written' },
    { title: 'it is there, whatever was answered', over: 0, stored: row(1, 77), answer: byId, kind: 'written' },
    { title: 'nothing happened', over: 3, stored: row(3, 12), answer: undefined, kind: 'open' },
    { title: 'nothing happened to a new one', over: 0, stored: undefined, answer: undefined, kind: 'open' },
    { title: 'another came first', over: 3, stored: row(4, 76), answer: undefined, kind: 'conflict' },
    { title: 'another is there', over: 0, stored: row(1, 76), answer: byId, kind: 'conflict' },
    { title: 'what it replaces is gone', over: 3, stored: undefined, answer: undefined, kind: 'conflict' },
    { title: 'the server does not take it', over: 3, stored: row(3, 12), answer: bug, kind: 'refused' },
    { title: 'its id was taken and is free again', over: 0, stored: undefined, answer: byId, kind: 'open' },
  ])('$title: $kind', ({ over, stored, answer, kind }) => {
    expect(judgeWrite(write(over), stored, answer)).toMatchObject({ kind })
  })

  it.each([mongod, ferret])('names the unique field: %p', (answer) => {
    expect(judgeWrite(write(3), row(3, 12), answer)).toEqual({ kind: 'duplicate', field: 'name' })
  })
})
