/** The kinds of things that the ledger keeps, one small document each. */
export type Shelf = 'desired' | 'instances' | 'captures' | 'heard'

export interface StoredDocument {
  shelf: Shelf
  name: string
  text: string
}

export interface NewDocument extends Omit<StoredDocument, 'text'> {
  /** Its text: where nobody reads what is kept, it need not be made. */
  json: () => string | Buffer
}

/** Where a ledger is kept: files, or memory for fleets of simulated nodes. Names are fit for file names. */
export interface LedgerStorage {
  readAll(): Promise<StoredDocument[]>
  /** Resolves once the document is durable; a crash leaves either the old one or the new one. */
  write(document: NewDocument): Promise<void>
  /** Removing what is not there is fine. */
  remove(shelf: Shelf, name: string): Promise<void>
}
