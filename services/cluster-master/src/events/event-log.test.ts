import type { Event, Timestamp } from '@bramble/contracts'
import { systemClock } from '@bramble/kit'
import { WriteInDoubtError } from '../store/errors.ts'
import { openSqliteStore } from '../store/sqlite-store.ts'
import type { Store } from '../store/store.ts'
import { createEventLog } from './event-log.ts'

const event = (id: string) => {
  const at = '2026-01-01T00:00:00.000Z' as Timestamp
  return { id, type: 't', at, resource: { kind: 'node' as const, id: 'n' }, summary: '' }
}

it('tells events in doubt when it is known that they are stored, before later ones', async () => {
  const store = openSqliteStore({ path: ':memory:', clock: systemClock })
  const { promise: outcome, resolve } = Promise.withResolvers<Event[]>()
  const doubtful: Store = {
    ...store,
    appendEvents: async (events, keep) => {
      doubtful.appendEvents = async (...later) => {
        await outcome
        return store.appendEvents(...later)
      }
      resolve(store.appendEvents(events, keep))
      throw new WriteInDoubtError(outcome)
    },
  }
  const log = createEventLog(doubtful, 100)
  const told: string[] = []
  log.follow(({ id }) => told.push(id))
  await expect(log.append([event('a')])).rejects.toThrow(WriteInDoubtError)
  await log.append([event('a'), event('b')])
  expect(told).toEqual(['a', 'b'])
  await store.close()
})
