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

/** The store cannot be opened, read or written; what was asked for was not done, nor will it be (but see below). */
export class StoreUnavailableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StoreUnavailableError'
  }
}

/**
 * A write was sent and not answered in time: it may be done, now or later. The store goes on until it knows; nobody has
 * to ask again.
 */
export class WriteInDoubtError extends StoreUnavailableError {
  /** Settles as the write would have, once it is known; never causes an unhandled rejection. */
  readonly outcome: Promise<unknown>

  constructor(outcome: Promise<unknown>) {
    super('the store did not answer in time; what was to be written may still be done')
    this.name = 'WriteInDoubtError'
    this.outcome = outcome
    outcome.catch(() => {})
  }
}

/** Undoes what was done for a write that failed: at once, or when the store knows that it was not done. */
export function undoUnlessWritten(error: unknown, undo: () => void): void {
  if (error instanceof WriteInDoubtError) error.outcome.catch(undo)
  else undo()
}

/** The store was written by a version that this program does not know. */
export class SchemaError extends Error {
  constructor(written: number, known: number) {
    super(
      `the store was written by a newer Bramble (schema ${written}; this one knows up to ${known}): ` +
        `start that version again, or restore the backup that was made before the upgrade`,
    )
    this.name = 'SchemaError'
  }
}
