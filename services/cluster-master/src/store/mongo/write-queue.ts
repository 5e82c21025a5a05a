// All writes of the store, in groups. What comes while a group is being written makes up the next one: many writes share
// one round trip and one fsync. There is one group at a time, and its numbers are given when it leaves; so once a group
// is settled, every write up to its last number is done or never will be, and the log of changes can be read up to there
// without skipping any. A group with a write in doubt holds up the next one: a server that does not answer would not
// answer that either.
import { StoreUnavailableError } from '../errors.ts'
import type { CollectionName } from '../store.ts'
import type { Ticket } from './in-time.ts'
import { neverSent } from './in-time.ts'
import type { Outcome } from './judge-write.ts'
import type { NumberedWrite, RowWrite } from './rows.ts'
import { settleWrites } from './settle-writes.ts'
import type { Settling } from './settle-writes.ts'
import type { WriteNumbers } from './write-numbers.ts'

const mostWritesPerGroup = 256

export interface WriteQueue {
  /** Resolves when it is known what became of the write. @throws {StoreUnavailableError} when it was not sent */
  write(write: RowWrite, ticket: Ticket): Promise<Outcome>
  /** Every write up to this number is settled. */
  settledNumber(): number
  /** The number of the last write that was sent to a collection. */
  lastNumberOf(collection: CollectionName): number
  /** Refuses further writes; resolves when none is under way. */
  close(): Promise<void>
}

interface Entry extends RowWrite {
  ticket: Ticket
  resolve: (outcome: Outcome) => void
  reject: (error: unknown) => void
}

export function createWriteQueue(numbers: WriteNumbers, settling: Settling): WriteQueue {
  const lastNumbers = new Map<CollectionName, number>()
  let pending: Entry[] = []
  let settledNumber = numbers.start
  let running: Promise<void> | undefined
  let closed = false

  const refusePending = (error: unknown) => {
    for (const { reject } of pending.splice(0)) reject(error)
  }

  const run = async () => {
    await new Promise(setImmediate)
    while (pending.length > 0) {
      try {
        if (!settling.mayWrite()) throw new StoreUnavailableError('this process may not write: its lease ran out')
        await numbers.provide(mostWritesPerGroup)
        await sendGroup()
      } catch (error) {
        refusePending(error)
      }
    }
    running = undefined
  }

  const sendGroup = async () => {
    const { group, rest } = takeGroup(pending)
    pending = rest
    const sent = group.map((entry) => ({ entry, write: numbered(entry, numbers.next()) }))
    const last = sent.at(-1)?.write.row.cursor ?? settledNumber
    for (const { write } of sent) lastNumbers.set(write.collection, last)
    await Promise.all([...Map.groupBy(sent, commandOf).values()].map(settlePart))
    settledNumber = last
  }

  const settlePart = async (part: Sent[]) => {
    const writes = part.map(({ write }) => write)
    try {
      const outcomes = await settleWrites(part[0]!.write.collection, writes, settling)
      for (const { entry, write } of part) settleOne(entry, write, outcomes.get(write)!)
    } catch (error) {
      for (const { reject } of part.map(({ entry }) => entry)) reject(error)
    }
  }
  const settleOne = (entry: Entry, write: NumberedWrite, outcome: Outcome) => {
    settle(entry, outcome)
    if (outcome.kind === 'written') refuseOvertaken(write)
  }

  /** Those that wait behind a write of the same document and reckon with what it replaced. */
  const refuseOvertaken = ({ collection, row }: NumberedWrite) => {
    const isOvertaken = (entry: Entry) =>
      entry.collection === collection && entry.row._id === row._id && entry.over !== row.revision
    for (const entry of pending.filter(isOvertaken)) settle(entry, { kind: 'conflict', stored: row })
    pending = pending.filter((entry) => !isOvertaken(entry))
  }

  return {
    write: (write, ticket) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(new StoreUnavailableError('the store is closed'))
        if (ticket.isOver) return reject(neverSent())
        pending.push({ ...write, ticket, resolve, reject })
        running ??= run()
      }),
    settledNumber: () => settledNumber,
    lastNumberOf: (collection) => lastNumbers.get(collection) ?? numbers.start,
    close: async () => {
      closed = true
      await running
    },
  }
}

interface Sent {
  entry: Entry
  write: NumberedWrite
}

const commandOf = ({ write: { collection, over } }: Sent) => `${over === 0 ? 'insert into' : 'update'} ${collection}`

const numbered = ({ collection, over, row }: Entry, cursor: number): NumberedWrite => ({
  collection,
  over,
  row: { ...row, cursor },
})

/** The first of each document, for the group; the rest waits. Those whose callers wait no more are dropped. */
function takeGroup(pending: readonly Entry[]): { group: Entry[]; rest: Entry[] } {
  const group = new Map<string, Entry>()
  const rest: Entry[] = []
  for (const entry of pending) {
    const key = `${entry.collection}/${entry.row._id}`
    if (entry.ticket.isOver) entry.reject(neverSent())
    else if (group.has(key) || group.size === mostWritesPerGroup) rest.push(entry)
    else group.set(key, entry)
  }
  for (const { ticket } of group.values()) ticket.isSent = true
  return { group: [...group.values()], rest }
}

function settle({ ticket, resolve }: Entry, outcome: Outcome): void {
  ticket.isSent = false
  resolve(outcome)
}
