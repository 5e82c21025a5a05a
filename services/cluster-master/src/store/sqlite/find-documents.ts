import type { CollectionName, Find, Stored } from '../store.ts'
import { askedFields, isIndexed } from '../indexes.ts'
import { decodeCursor, encodeCursor } from '../page-cursor.ts'
import type { SortValue } from '../page-cursor.ts'
import { fieldExpression } from './field-expression.ts'
import { indexName } from './schema.ts'
import type { Prepare } from './statements.ts'

type Value = string | number
interface Found {
  id: string
  body: string
  sortValue: Value
}

/** Reads rows in order and stops as soon as it has a page; documents are parsed only as far as they are looked at. */
export function findDocuments<D extends Stored>(prepare: Prepare, collection: CollectionName, find: Find<D>) {
  const { sql, values } = selectSql(collection, find)
  const items: D[] = []
  let last: Found | undefined
  for (const row of prepare(sql).iterate(...values) as Iterable<unknown> as Iterable<Found>) {
    const document = JSON.parse(row.body) as D
    if (find.keep && !find.keep(document)) continue
    if (items.length === find.limit) return { items, ...(last && { nextCursor: cursorAfter(last) }) }
    items.push(document)
    last = row
  }
  return { items }
}

/** As json_extract() gives it. */
const sqlValue = (value: SortValue): Value => (typeof value === 'boolean' ? Number(value) : (value ?? ''))

const cursorAfter = ({ sortValue, id }: Found): string => encodeCursor({ value: sortValue, id })

function selectSql<D>(collection: CollectionName, find: Find<D>): { sql: string; values: Value[] } {
  const { sort, cursor } = find
  const by = fieldExpression(collection, sort?.field ?? 'id')
  const direction = sort?.descending ? 'DESC' : 'ASC'
  const equal = equalTerms(collection, find.where)
  const after = cursor === undefined ? undefined : decodeCursor(cursor)
  const terms = [
    `collection = '${collection}' AND removed = 0`,
    ...equal.map(({ sql }) => sql),
    ...(after ? [`(${by}, id) ${sort?.descending ? '<' : '>'} (?, ?)`] : []),
  ]
  return {
    sql: `SELECT id, body, ${by} AS sortValue FROM documents ${indexedBy(collection, find)}
          WHERE ${terms.join(' AND ')} ORDER BY ${by === 'id' ? '' : `${by} ${direction}, `}id ${direction}`,
    values: [...equal.map(({ value }) => value), ...(after ? [sqlValue(after.value), after.id] : [])],
  }
}

/** Named, because SQLite without statistics would rather read the whole collection by its primary key. */
function indexedBy<D>(collection: CollectionName, { where = {}, sort }: Find<D>): string {
  const asked = Object.keys(where).filter((field) => where[field] !== undefined)
  if (asked.includes('id')) return ''
  const field = asked[0] ?? sort?.field ?? 'id'
  return field !== 'id' && isIndexed(collection, field) ? `INDEXED BY "${indexName(collection, field)}"` : ''
}

const equalTerms = (collection: CollectionName, where: Find<unknown>['where']): { sql: string; value: Value }[] =>
  askedFields(collection, where).map(([field, value]) => ({ sql: `${fieldExpression(collection, field)} = ?`, value }))
