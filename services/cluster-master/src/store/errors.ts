import type { CollectionName } from './store.ts'

/** Another document of the collection holds the id or a unique field already. */
export class DuplicateError extends Error {
  readonly collection: CollectionName
  /** `id`, or the unique field of indexes.ts. */
  readonly field: string

  constructor(collection: CollectionName, field: string, options?: ErrorOptions) {
    super(`${collection}: another document has this ${field}`, options)
    this.name = 'DuplicateError'
    this.collection = collection
    this.field = field
  }
}

/** The document is not at the revision that the write was based on. */
export class RevisionError extends Error {
  /** The revision stored now; undefined when the document is gone. */
  readonly stored: number | undefined

  constructor(what: { collection: CollectionName; id: string; expected: number; stored: number | undefined }) {
    const now = what.stored === undefined ? 'gone' : `at revision ${what.stored}`
    super(`${what.collection}/${what.id} is ${now}, not at revision ${what.expected}`)
    this.name = 'RevisionError'
    this.stored = what.stored
  }
}

/** What find() was asked for by a caller cannot be answered: a cursor that no list gave, or no name of a field. */
export class QueryError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'QueryError'
  }
}

/** The store cannot be opened, read or written; what was asked for was not done. */
export class StoreUnavailableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StoreUnavailableError'
  }
}
