import type { Collection, Db } from 'mongodb'
import type { Timestamp } from '@bramble/contracts'
import type { LeaseState } from '../lease.ts'

/** What the store keeps for itself: one document for each thing. */
export interface Meta extends Partial<LeaseState> {
  _id: 'layout' | 'numbers' | 'events' | 'probe' | 'lease'
  /** Of the layout. */
  version?: number
  /** Numbers for writes that were given away so far. */
  reserved?: number
  /** Of the events, when none is left. */
  last?: number
  /** When it was last probed. */
  at?: Timestamp
}

export const metaOf = (database: Db): Collection<Meta> => database.collection<Meta>('meta')
