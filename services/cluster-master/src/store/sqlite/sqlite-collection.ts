import { addMs, laterOf } from '@bramble/kit'
import type { Clock } from '@bramble/kit'
import type { Collection, CollectionName, Draft, Find, Stored } from '../store.ts'
import { DuplicateError, RevisionError } from '../errors.ts'
import type { DocumentTable, Row } from './document-table.ts'
import { findDocuments } from './find-documents.ts'
import { readStore } from './read-store.ts'
import type { Prepare } from './statements.ts'
import type { WriteGroup } from './write-group.ts'

/** How long a removal can be read from changes(): seven days. */
const tombstoneMs = 7 * 24 * 3_600_000

export interface CollectionParts {
  documents: DocumentTable
  prepare: Prepare
  group: WriteGroup
  clock: Pick<Clock, 'now'>
}

/** Every write reads its row and decides inside the group's transaction, so no other write comes between. */
export function sqliteCollection<D extends Stored>(name: CollectionName, parts: CollectionParts): Collection<D> {
  const { documents, prepare, group, clock } = parts
  const readLive = (id: string) => liveOf(documents.read(name, id))
  const parse = (row: Row | undefined) => row && (JSON.parse(row.body) as D)
  const find = (query: Find<D>) => readStore(() => findDocuments<D>(prepare, name, query))

  const put = (document: D, at: Row['at']): D => {
    const { id, revision } = document
    documents.put({ collection: name, id, revision, removed: 0, at, body: JSON.stringify(document) })
    return document
  }

  const insert = (draft: Draft<D>): D => {
    const id = (draft as { id: string }).id
    const before = documents.read(name, id)
    if (liveOf(before)) throw new DuplicateError(name, 'id')
    const now = clock.now()
    // Counting on from a tombstone keeps id and revision together unique: events are named by them.
    const revision = (before?.revision ?? 0) + 1
    return put({ ...draft, revision, createdAt: now, updatedAt: now } as unknown as D, now)
  }

  const replace = (document: D): D => {
    const stored = readLive(document.id)?.revision
    if (stored !== document.revision) {
      throw new RevisionError({ collection: name, id: document.id, expected: document.revision, stored })
    }
    const updatedAt = laterOf(document.createdAt, clock.now())
    return put({ ...document, revision: stored + 1, updatedAt }, updatedAt)
  }

  const update = (id: string, change: (document: D) => D | undefined): D | undefined => {
    const before = parse(readLive(id))
    const changed = before && change(before)
    return changed ? replace(changed) : before
  }

  const remove = (id: string): boolean => {
    const row = readLive(id)
    if (!row) return false
    const now = clock.now()
    documents.put({ ...row, revision: row.revision + 1, removed: 1, at: now })
    documents.purge(addMs(now, -tombstoneMs))
    return true
  }

  return {
    insert: (draft) => group.write(() => insert(draft)),
    replace: (document) => group.write(() => replace(document)),
    update: (id, change) => group.write(() => update(id, change)),
    remove: (id) => group.write(() => remove(id)),
    get: (id) => readStore(() => parse(readLive(id))),
    find,
    all: async (where) => (await find({ where, limit: Infinity })).items,
  }
}

const liveOf = (row: Row | undefined): Row | undefined => (row?.removed === 0 ? row : undefined)
