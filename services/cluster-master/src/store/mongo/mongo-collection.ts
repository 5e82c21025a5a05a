import { laterOf } from '@bramble/kit'
import type { Clock } from '@bramble/kit'
import type { Collection, CollectionName, Draft, Find, Stored } from '../store.ts'
import { DuplicateError, RevisionError, StoreUnavailableError } from '../errors.ts'
import { findDocuments } from './find-documents.ts'
import { inTime } from './in-time.ts'
import type { Ticket } from './in-time.ts'
import type { MongoServer } from './mongo-server.ts'
import type { TombstonePurge } from './purge-tombstones.ts'
import { rowsOf } from './rows.ts'
import type { Row, RowWrite } from './rows.ts'
import type { WriteQueue } from './write-queue.ts'

export interface CollectionParts {
  server: MongoServer
  queue: WriteQueue
  clock: Pick<Clock, 'now'>
  purge: TombstonePurge
}

/** What stands in the way of a write: the row that is there now, if any. */
type Obstacle = Row | undefined
const isWritten = Symbol('written')

/** A write reads what it replaces and is a compare-and-set on that; when something came between, it begins again. */
export function mongoCollection<D extends Stored>(name: CollectionName, parts: CollectionParts): Collection<D> {
  const { server, queue, clock, purge } = parts
  const readRow = (id: string) => server.ask(() => rowsOf(server.database, name).findOne({ _id: id }))
  const parse = (row: Row | undefined | null) => (row && !row.removed ? (row.document as D) : undefined)

  const put = async (write: Omit<RowWrite, 'collection'>, ticket: Ticket): Promise<typeof isWritten | Obstacle> => {
    const outcome = await queue.write({ collection: name, ...write }, ticket)
    switch (outcome.kind) {
      case 'written':
        return isWritten
      case 'conflict':
        return outcome.stored
      case 'duplicate':
        throw new DuplicateError(name, outcome.field)
      case 'refused':
        throw new StoreUnavailableError(`the store does not take ${name}/${write.row._id}: ${outcome.reason}`)
    }
  }
  const putDocument = (document: D, over: number, ticket: Ticket) => {
    const { id, revision, updatedAt: at } = document
    return put({ over, row: { _id: id, revision, removed: false, at, document } }, ticket)
  }

  const insert = async (draft: Draft<D>, ticket: Ticket): Promise<D> => {
    const now = clock.now()
    for (let over = 0; ;) {
      // Counting on from a tombstone keeps id and revision together unique: events are named by them.
      const document = { ...draft, revision: over + 1, createdAt: now, updatedAt: now } as unknown as D
      const before = await putDocument(document, over, ticket)
      if (before === isWritten) return document
      if (parse(before)) throw new DuplicateError(name, 'id')
      over = before?.revision ?? 0
    }
  }

  const replace = async (document: D, ticket: Ticket): Promise<D> => {
    const { id, revision, createdAt } = document
    const replaced = { ...document, revision: revision + 1, updatedAt: laterOf(createdAt, clock.now()) }
    const before = await putDocument(replaced, revision, ticket)
    if (before === isWritten) return replaced
    throw new RevisionError({ collection: name, id, expected: revision, stored: parse(before)?.revision })
  }

  const update = async (id: string, change: (document: D) => D | undefined, ticket: Ticket) => {
    for (;;) {
      const before = parse(await readRow(id))
      const changed = before && change(before)
      if (!changed) return before
      try {
        return await replace(changed, ticket)
      } catch (error) {
        if (!(error instanceof RevisionError)) throw error
      }
    }
  }

  const remove = async (id: string, ticket: Ticket): Promise<boolean> => {
    for (;;) {
      const row = await readRow(id)
      if (!row || row.removed) return false
      const at = clock.now()
      const { revision, document } = row
      const tombstone = { _id: id, revision: revision + 1, removed: true, at, document }
      if ((await put({ over: revision, row: tombstone }, ticket)) === isWritten) return (purge(name, at), true)
    }
  }

  const find = (query: Find<D>) => server.ask((alive) => findDocuments<D>(rowsOf(server.database, name), query, alive))
  return {
    insert: (draft) => inTime((ticket) => insert(draft, ticket)),
    replace: (document) => inTime((ticket) => replace(document, ticket)),
    update: (id, change) => inTime((ticket) => update(id, change, ticket)),
    remove: (id) => inTime((ticket) => remove(id, ticket)),
    get: async (id) => parse(await readRow(id)),
    find,
    all: async (where) => (await find({ where, limit: Infinity })).items,
  }
}
