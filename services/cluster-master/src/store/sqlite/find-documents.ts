import type { CollectionName, Find, Stored } from '../store.ts'
import { isIndexed } from '../indexes.ts'
import { decodeCursor, encodeCursor } from '../page-cursor.ts'
import { fieldExpression } from './field-expression.ts'
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

const cursorAfter = ({ sortValue, id }: Found): string => encodeCursor({ value: sortValue, id })

function selectSql<D>(collection: CollectionName, { where, sort, cursor }: Find<D>): { sql: string; values: Value[] } {
  const by = fieldExpression(collection, sort?.field ?? 'id')
  const order = sort?.descending ? 'DESC' : 'ASC'
  const equal = equalTerms(collection, where)
  const after = cursor === undefined ? undefined : decodeCursor(cursor)
  const terms = [
    `collection = '${collection}' AND removed = 0`,
    ...equal.map(({ sql }) => sql),
    ...(after ? [`(${by}, id) ${sort?.descending ? '<' : '>'} (?, ?)`] : []),
  ]
  return {
    sql: `SELECT id, body, ${by} AS sortValue FROM documents WHERE ${terms.join(' AND ')} ORDER BY ${by} ${order}, id ${order}`,
    values: [...equal.map(({ value }) => value), ...(after ? [after.value, after.id] : [])],
  }
}

function equalTerms(collection: CollectionName, where: Find<unknown>['where'] = {}): { sql: string; value: Value }[] {
  return Object.entries(where).flatMap(([field, value]) => {
    if (value === undefined) return []
    if (!isIndexed(collection, field)) throw new TypeError(`${collection}.${field} is not declared in indexes.ts`)
    return [{ sql: `${fieldExpression(collection, field)} = ?`, value }]
  })
}
