import type { FakeClock } from '@bramble/kit'
import type { Store } from './store.ts'

/** The store under test as it stands now; `reopen` closes it and opens it again. */
export interface StoreBed {
  store: () => Store
  clock: () => FakeClock
  reopen: () => Promise<void>
}
