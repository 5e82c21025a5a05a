import type { CollectionName, Find } from './store.ts'

// The one place that says which fields are unique and which can be asked for by `find({ where })`; every adapter makes
// its indexes from this table when it opens the store, and drops those that are no longer here. Dots reach into a
// document: `status.phase`. To find documents by a new field: name it here, done.

interface Indexes {
  /** No two documents of the collection have the same value. */
  unique: readonly string[]
  /** Found and sorted by without reading the whole collection. */
  fields: readonly string[]
}

export const indexes: Record<CollectionName, Indexes> = {
  nodes: { unique: [], fields: ['cluster', 'admission'] },
  bases: { unique: ['name'], fields: ['digest', 'status'] },
  overlays: { unique: ['name'], fields: ['base', 'digest', 'status'] },
  services: { unique: [], fields: [] },
  instances: {
    unique: ['name'],
    fields: ['node', 'status.phase', 'source.base', 'source.overlay', 'source.service', 'createdAt'],
  },
  // Open operations are those `pending` and those `running`; the ended ones are by far the most.
  operations: { unique: [], fields: ['status', 'createdAt'] },
  tokens: { unique: ['name', 'secretHash'], fields: [] },
  invitations: { unique: [], fields: [] },
  idempotency: { unique: [], fields: [] },
  deadFacts: { unique: [], fields: [] },
  settings: { unique: [], fields: [] },
  declarations: { unique: [], fields: [] },
}

export const collectionNames = Object.keys(indexes) as CollectionName[]

export const isUnique = (collection: CollectionName, field: string): boolean =>
  field === 'id' || indexes[collection].unique.includes(field)

export const isIndexed = (collection: CollectionName, field: string): boolean =>
  isUnique(collection, field) || indexes[collection].fields.includes(field)

/** What `where` asks for. @throws {TypeError} on a field that is not declared: it would read the whole collection */
export function askedFields(collection: CollectionName, where: Find<unknown>['where'] = {}) {
  return Object.entries(where).flatMap(([field, value]): [field: string, value: string | number][] => {
    if (value === undefined) return []
    if (!isIndexed(collection, field)) throw new TypeError(`${collection}.${field} is not declared in indexes.ts`)
    return [[field, value]]
  })
}
