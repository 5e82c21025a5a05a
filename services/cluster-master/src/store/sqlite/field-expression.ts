import type { CollectionName } from '../store.ts'
import { QueryError } from '../errors.ts'
import { isUnique } from '../indexes.ts'

const fieldPattern = /^[a-zA-Z][a-zA-Z0-9]*(\.[a-zA-Z][a-zA-Z0-9]*)*$/

/**
 * The SQL of a document's field, the same in indexes and in queries, or SQLite would not use the index. A missing field
 * counts as '' so that documents without it have a place in an order; unique ones stay NULL, which collides with nothing.
 * @throws {QueryError}
 */
export function fieldExpression(collection: CollectionName, field: string): string {
  if (!fieldPattern.test(field)) throw new QueryError(`"${field}" is not the name of a field`)
  if (field === 'id') return 'id'
  const extract = `json_extract(body, '$.${field}')`
  return isUnique(collection, field) ? extract : `ifnull(${extract}, '')`
}
