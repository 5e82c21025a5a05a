import type { ListQuery, Page } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import { FilterError, matchesAll, parseFilter } from '../domain/filter.ts'
import type { FilterTerm } from '../domain/filter.ts'
import type { Collection, Find, Stored } from '../store/store.ts'

/** One page of a collection as it is shown: filters and fields look at what `show` makes of a document. */
export async function listDocuments<D extends Stored, Shown extends object>(
  collection: Collection<D>,
  { limit, cursor, sort, filter, fields }: ListQuery,
  show: (document: D) => Shown,
): Promise<Page<Shown>> {
  const terms = filter ? readFilter(filter) : undefined
  const page = await collection.find({
    limit,
    ...(cursor && { cursor }),
    ...(sort && { sort: readSort(sort) }),
    ...(terms && { keep: (document) => matchesAll(terms, show(document)) }),
  })
  const items = page.items.map((document) => selectFields(show(document), fields))
  return { items, ...(page.nextCursor !== undefined && { nextCursor: page.nextCursor }) }
}

export const readSort = (sort: string): NonNullable<Find<Stored>['sort']> => ({
  field: sort.replace(/^-/, ''),
  descending: sort.startsWith('-'),
})

export function readFilter(filter: string): FilterTerm[] {
  try {
    return parseFilter(filter)
  } catch (error) {
    if (!(error instanceof FilterError)) throw error
    const { message } = error
    throw new ProblemError('invalid_input', message, { errors: [{ path: 'filter', message }], cause: error })
  }
}

/** The top-level fields that were asked for; the contract's shape is the caller's own to narrow. */
export function selectFields<Shown extends object>(document: Shown, fields: string | undefined): Shown {
  if (!fields) return document
  const wanted = new Set(fields.split(',').map((field) => field.trim()))
  return Object.fromEntries(Object.entries(document).filter(([key]) => wanted.has(key))) as Shown
}
