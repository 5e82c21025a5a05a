import type { Collection, Filter } from 'mongodb'
import type { CollectionName, Find, Stored } from '../store.ts'
import { QueryError } from '../errors.ts'
import { checkFieldName } from '../field-name.ts'
import { askedFields } from '../indexes.ts'
import { decodeCursor, encodeCursor } from '../page-cursor.ts'
import type { PageCursor, SortValue } from '../page-cursor.ts'
import type { Alive } from './end-after-silence.ts'
import type { Row } from './rows.ts'

type Term = Filter<Row>

/** Reads rows in order and stops as soon as it has a page. */
export async function findDocuments<D extends Stored>(rows: Collection<Row>, find: Find<D>, alive: Alive) {
  const path = pathOf(find.sort?.field ?? 'id')
  const direction = find.sort?.descending ? -1 : 1
  const found = rows.find({ $and: termsOf(rows.collectionName as CollectionName, find) })
  found.sort(path === '_id' ? { _id: direction } : { [path]: direction, _id: direction })
  // One more than the page tells whether there is a next one.
  if (!find.keep && Number.isFinite(find.limit)) found.limit(find.limit + 1)
  const items: D[] = []
  for await (const row of found) {
    alive()
    const document = row.document as D
    if (find.keep && !find.keep(document)) continue
    if (items.length === find.limit) return { items, ...cursorAfter(items.at(-1), find.sort?.field) }
    items.push(document)
  }
  return { items }
}

function termsOf<D>(collection: CollectionName, find: Find<D>): Term[] {
  const equal = askedFields(collection, find.where).map(([field, value]) => ({ [pathOf(field)]: { $eq: value } }))
  return [
    { removed: false },
    ...equal,
    ...(find.cursor === undefined ? [] : [afterCursor(find, decodeCursor(find.cursor))]),
  ]
}

/** @throws {QueryError} */
function pathOf(field: string): string {
  checkFieldName(field)
  return field === 'id' ? '_id' : `document.${field}`
}

/**
 * What comes after a place in the order: first all without the field, then by its value, equal ones by id. Comparisons
 * find values of the same type alone, hence a term of its own for documents without it.
 */
function afterCursor({ sort }: Pick<Find<unknown>, 'sort'>, { value, id }: PageCursor): Term {
  const path = pathOf(sort?.field ?? 'id')
  const beyond = sort?.descending ? '$lt' : '$gt'
  if (path === '_id') return { _id: { [beyond]: id } }
  const equalBeyond = { [path]: { $eq: value }, _id: { [beyond]: id } }
  if (value === null) return { $or: [equalBeyond, ...(sort?.descending ? [] : [{ [path]: { $ne: null } }])] }
  return { $or: [equalBeyond, { [path]: { [beyond]: value } }, ...(sort?.descending ? [{ [path]: null }] : [])] }
}

function cursorAfter(last: Stored | undefined, field = 'id'): { nextCursor?: string } {
  if (!last) return {}
  const value = field.split('.').reduce<unknown>((part, step) => (part as Record<string, unknown> | null)?.[step], last)
  if (!isSortValue(value ?? null))
    throw new QueryError(`documents cannot be sorted by "${field}": it is no single value`)
  return { nextCursor: encodeCursor({ value: (value ?? null) as SortValue, id: last.id }) }
}

const isSortValue = (value: unknown) => value === null || ['string', 'number', 'boolean'].includes(typeof value)
