import type { ListQuery, Page } from '@bramble/contracts'
import { matchesAll } from '../domain/filter.ts'
import { decodeCursor, encodeCursor } from '../store/page-cursor.ts'
import type { PageCursor } from '../store/page-cursor.ts'
import { readFilter, readSort, selectFields } from './list-documents.ts'

/**
 * One page of documents that are all in memory, filtered and sorted by what is shown of them: what is derived stands in
 * no store. Orders as the store does: numbers before texts, a missing field as ''.
 */
export function listShown<Shown extends { id: string }>(all: readonly Shown[], query: ListQuery): Page<Shown> {
  const { limit, cursor, sort = 'id', filter, fields } = query
  const { field, descending } = readSort(sort)
  const compare = (a: PageCursor, b: PageCursor) => comparePlaces(a, b) * (descending ? -1 : 1)
  const after = cursor === undefined ? undefined : decodeCursor(cursor)
  const terms = filter ? readFilter(filter) : []
  const rest = all
    .filter((shown) => matchesAll(terms, shown))
    .map((shown) => ({ shown, value: valueAt(shown, field), id: shown.id }))
    .filter((place) => !after || compare(place, after) > 0)
    .sort(compare)
  const page = rest.slice(0, limit)
  const last = rest.length > limit ? page.at(-1) : undefined
  return {
    items: page.map(({ shown }) => selectFields(shown, fields)),
    ...(last && { nextCursor: encodeCursor(last) }),
  }
}

function valueAt(shown: object, field: string): string | number {
  const steps = field.split('.')
  return orderedBy(
    steps.reduce<unknown>((value, step) => (value as Record<string, unknown> | undefined)?.[step], shown),
  )
}

function orderedBy(value: unknown): string | number {
  if (value === undefined || value === null) return ''
  return typeof value === 'number' || typeof value === 'string' ? value : JSON.stringify(value)
}

const comparePlaces = (a: PageCursor, b: PageCursor) =>
  compareValues(orderedBy(a.value), orderedBy(b.value)) || compareValues(a.id, b.id)

function compareValues(a: string | number, b: string | number): number {
  if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1
  return a < b ? -1 : a > b ? 1 : 0
}
