// Events, numbered without a gap. One call appends at a time, and goes on until it is known what of it is stored: only
// then is the number known that comes next. An event's number is its key and its id is unique, so that what was lost or
// done twice on the way is found out by looking.
import { MongoServerError } from 'mongodb'
import type { Event } from '@bramble/contracts'
import { StoreUnavailableError } from '../errors.ts'
import type { Store } from '../store.ts'
import { endAfterSilence } from './end-after-silence.ts'
import { inTime, neverSent } from './in-time.ts'
import type { Ticket } from './in-time.ts'
import { duplicateKey } from './judge-write.ts'
import { metaOf } from './meta.ts'
import { insist, silenceMs } from './mongo-server.ts'
import type { MongoServer } from './mongo-server.ts'
import { refusalOf } from './refusal.ts'
import { untilAllowed } from './settle-writes.ts'
import type { Settling } from './settle-writes.ts'

type NewEvent = Omit<Event, 'sequence'>
type EventRow = NewEvent & { _id: number }

export interface MongoEvents {
  append: Store['appendEvents']
  read: Store['events']
  /** Resolves when nothing is under way. */
  rest(): Promise<unknown>
}

const eventsOf = ({ database }: MongoServer) => database.collection<EventRow>('events')

/** What is no longer read is not worth a command of its own with each append. */
const forgottenAtOnce = 100

export async function openEvents(settling: Settling): Promise<MongoEvents> {
  const { server, mayWrite } = settling
  await server.ask(() => eventsOf(server).createIndex({ id: 1 }, { name: 'id', unique: true }))
  let { first, last } = await server.ask(() => readBounds(server))
  let oldest = first
  let underWay: Promise<unknown> = Promise.resolve()

  /** Each after the one before, whatever became of that. */
  const inTurn = <T>(act: () => Promise<T>): Promise<T> => {
    const turn = underWay.then(act)
    underWay = turn.catch(() => {})
    return turn
  }

  const append = async (events: NewEvent[], keep: number, ticket: Ticket): Promise<Event[]> => {
    if (ticket.isOver) throw neverSent()
    if (!mayWrite()) throw new StoreUnavailableError('this process may not write: its lease ran out')
    const sequences = await storeAll(events, last, { settling, ticket })
    const added = events.filter(({ id }) => sequences.get(id)! > last)
    last = Math.max(last, ...sequences.values())
    first = Math.max(first, last - keep + 1)
    return added.map((event) => ({ sequence: sequences.get(event.id)!, ...event }))
  }

  const forget = async () => {
    if (first <= last && first - oldest < forgottenAtOnce) return
    await forgetBefore(server, { first, last })
    oldest = first
  }

  return {
    append: (events, keep) =>
      inTime((ticket) => {
        const appended = inTurn(() => append(withoutRepeated(events), keep, ticket))
        // Nobody waits for it: what is forgotten is read no more already.
        inTurn(forget).catch(() => {})
        return appended
      }),
    read: async (after, limit) => {
      const range = { $gte: Math.max(first, after + 1), $lte: last }
      const rows = await server.ask(() => eventsOf(server).find({ _id: range }).sort({ _id: 1 }).limit(limit).toArray())
      return { items: rows.map(toEvent), firstSequence: first, lastSequence: last }
    },
    rest: () => underWay,
  }
}

const toEvent = ({ _id, ...event }: EventRow): Event => ({ sequence: _id, ...event })

const withoutRepeated = (events: readonly NewEvent[]) => [...new Map(events.map((event) => [event.id, event])).values()]

/** Stores those that are not there under the numbers after `last`; resolves with the number of each. */
async function storeAll(
  events: readonly NewEvent[],
  last: number,
  { settling, ticket }: { settling: Settling; ticket: Ticket },
): Promise<Map<string, number>> {
  const { server } = settling
  let stored = new Map<string, number>()
  for (let missing = events, after = last; missing.length > 0;) {
    await untilAllowed(settling)
    ticket.isSent = true
    const rows = missing.map((event, at): EventRow => ({ _id: after + 1 + at, ...event }))
    const inserted = await insertRows(rows, server)
    if (inserted.isDone) return new Map([...stored, ...rows.map(({ id, _id }) => [id, _id] as const)])
    stored = await insist(server, () => sequencesOf(server, events))
    missing = events.filter(({ id }) => !stored.has(id))
    if (missing.length > 0 && inserted.refusal !== undefined)
      throw new StoreUnavailableError(`the store does not take events: ${inserted.refusal}`)
    after = (await insist(server, () => readBounds(server))).last
  }
  return stored
}

type Inserted = { isDone: true } | { isDone: false; refusal: string | undefined }

async function insertRows(rows: EventRow[], server: MongoServer): Promise<Inserted> {
  try {
    await endAfterSilence(silenceMs, () => eventsOf(server).insertMany(rows))
    return { isDone: true }
  } catch (error) {
    const isDuplicate = error instanceof MongoServerError && error.code === duplicateKey
    return { isDone: false, refusal: isDuplicate ? undefined : refusalOf(error) }
  }
}

async function sequencesOf(server: MongoServer, events: readonly NewEvent[]): Promise<Map<string, number>> {
  const ids = events.map(({ id }) => id)
  const rows = await eventsOf(server)
    .find({ id: { $in: ids } }, { projection: { id: 1 } })
    .toArray()
  return new Map(rows.map(({ _id, id }) => [id, _id]))
}

async function readBounds(server: MongoServer): Promise<{ first: number; last: number }> {
  const end = async (direction: 1 | -1) => (await eventsOf(server).findOne({}, { sort: { _id: direction } }))?._id
  const [oldest, newest, forgotten] = await Promise.all([
    end(1),
    end(-1),
    metaOf(server.database).findOne({ _id: 'events' }),
  ])
  const last = newest ?? forgotten?.last ?? 0
  return { first: oldest ?? last + 1, last }
}

/** When none is left, the last number is kept beside them: it is not given again. */
async function forgetBefore(server: MongoServer, { first, last }: { first: number; last: number }): Promise<void> {
  if (first > last)
    await server.ask(() => metaOf(server.database).updateOne({ _id: 'events' }, { $max: { last } }, { upsert: true }))
  await server.ask(() => eventsOf(server).deleteMany({ _id: { $lt: first } }))
}
