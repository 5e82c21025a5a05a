import type {
  Base,
  Declaration,
  Event,
  Instance,
  Invitation,
  Node,
  NodeId,
  Operation,
  Overlay,
  Service,
  Timestamp,
  Token,
} from '@bramble/contracts'
import type { Software } from '@bramble/kit'

/** What every stored document carries besides its own fields. */
export interface Stored {
  id: string
  revision: number
  createdAt: Timestamp
  updatedAt: Timestamp
}

/** A token as stored: the secret's SHA-256 instead of the secret. */
export type StoredToken = Token & { secretHash: string }

/** A use of an invitation: which name, by the host that has which key (SHA-256 of it). */
export interface Claim {
  key: string
  node: NodeId
}

/** An invitation as stored: the secret's SHA-256 instead of the secret, and who used it. */
export type StoredInvitation = Omit<Invitation, 'used'> & { secretHash: string; claims: Claim[] }

/** The first answer to an Idempotency-Key: id = hash of token and key. */
export interface IdempotencyRecord extends Stored {
  bodyHash: string
  operationId?: string
  answer?: unknown
}

/** A fact that could not be taken. */
export interface StoredDeadFact extends Stored {
  key: string
  reason: string
  text: string
}

/** Single values of the cloudlet: the master's epoch, the revisions reserved in it, how far events were recorded. */
export interface Setting extends Stored {
  value: unknown
}

export interface Documents {
  nodes: Node
  bases: Base
  overlays: Overlay
  services: Service
  instances: Instance
  operations: Operation
  tokens: StoredToken
  invitations: StoredInvitation
  idempotency: IdempotencyRecord
  deadFacts: StoredDeadFact
  settings: Setting
  declarations: Declaration
}
export type CollectionName = keyof Documents

export type Draft<D> = Omit<D, 'revision' | 'createdAt' | 'updatedAt'>

export interface Find<D> {
  /** Equal values of indexed fields (see indexes.ts). */
  where?: Partial<Record<string, string | number>>
  /** Keeps those for which it is true, after `where`. */
  keep?: (document: D) => boolean
  sort?: { field: string; descending: boolean }
  /** Continue after this cursor of an earlier answer. */
  cursor?: string
  limit: number
}

/**
 * One call writes one document. A promise resolves once the write is durable (an fsync covers a whole group of them); it
 * rejects with StoreUnavailableError when nothing was written, with WriteInDoubtError when nobody knows yet.
 */
export interface Collection<D extends Stored> {
  /** Rejects with DuplicateError when the id or the unique name exists. */
  insert(draft: Draft<D>): Promise<D>
  get(id: string): Promise<D | undefined>
  find(find: Find<D>): Promise<{ items: D[]; nextCursor?: string }>
  all(where?: Find<D>['where']): Promise<D[]>
  /** Compare-and-set: rejects with RevisionError unless `document.revision` is the stored one. Returns it with its new revision. */
  replace(document: D): Promise<D>
  /** Reads, changes, replaces, and again when another write came between. `change` returns undefined to leave it. */
  update(id: string, change: (document: D) => D | undefined): Promise<D | undefined>
  /** Removes it (leaving a change to be read by changes()); true when it was there. */
  remove(id: string): Promise<boolean>
}

/** A write as the event numbering reads it; `cursor` grows with every write of the store. */
export interface Change {
  cursor: number
  collection: CollectionName
  id: string
  revision: number
  removed: boolean
  at: Timestamp
  /** The document as written (for a removal: as it last was). */
  document: Stored
}

export interface Store {
  /** What keeps it. @throws {StoreUnavailableError} when that has to be asked and does not answer */
  about(): Promise<Software>
  collection<N extends CollectionName>(name: N): Collection<Documents[N]>
  /** Writes after `cursor`, oldest first; several writes of one document may appear as the newest alone. */
  changes(cursor: number, limit: number): Promise<Change[]>
  /** Appends events with the next sequences, skipping ids that are there; at most the newest `keep` stay. */
  appendEvents(events: Omit<Event, 'sequence'>[], keep: number): Promise<Event[]>
  events(after: number, limit: number): Promise<{ items: Event[]; firstSequence: number; lastSequence: number }>
  /** Rejects when the store cannot be written. */
  probe(): Promise<void>
  close(): Promise<void>
}
