import type { CollectionName } from '../store.ts'
import { checkFieldName } from '../field-name.ts'
import { isUnique } from '../indexes.ts'

/**
 * The SQL of a document's field, the same in indexes and in queries, or SQLite would not use the index. A missing field
 * counts as '' so that documents without it have a place in an order; unique ones stay NULL, which collides with nothing.
 * @throws {QueryError}
 */
export function fieldExpression(collection: CollectionName, field: string): string {
  checkFieldName(field)
  if (field === 'id') return 'id'
  const extract = `json_extract(body, '$.${field}')`
  return isUnique(collection, field) ? extract : `ifnull(${extract}, '')`
}
