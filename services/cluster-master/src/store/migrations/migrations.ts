import type { Store } from '../store.ts'

/** Changes the documents that an older version wrote into those that the next one expects. */
export interface Migration {
  /** For the log: `instances get a policy for lost nodes`. */
  what: string
  /** It may be broken off and begun again at any document: what is right already is to be left. */
  migrate(store: Pick<Store, 'collection'>): Promise<void>
}

/**
 * In the order in which they came; each makes the version one higher. To change what a document looks like: give a new
 * field a meaning when it is absent, and nothing is to be done here; else append a migration, in a file of its own in
 * this folder (`instance-policies.ts`), that goes through the documents with changeEach(). Those that stand here have run
 * on stores in the field: never edit or remove them.
 */
export const migrations: readonly Migration[] = []
