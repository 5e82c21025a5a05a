// The store as this process may use it: first the server answers, then the lease says that it is this process that acts
// on it, then it is opened. Server and lease are watched from then on.
import type { UndoStack } from '@bramble/kit'
import { guardStore } from './readiness/guard-store.ts'
import { reach } from './readiness/reach.ts'
import type { KeptReadiness } from './readiness/readiness.ts'
import { watchDependency } from './readiness/watch-dependency.ts'
import type { WatchContext } from './readiness/watch-dependency.ts'
import { StoreUnavailableError } from './store/errors.ts'
import type { Lease } from './store/lease.ts'
import type { Store } from './store/store.ts'

export interface StoreAdapter {
  /** Rejects while the server cannot be reached. */
  check(): Promise<void>
  /** Resolves once this process is the one that acts on the store. */
  holdLease(waiting: LeaseWaiting): Promise<Lease>
  /** @throws {StoreUnavailableError} while it cannot be reached */
  open(lease: Lease): Promise<Store>
  close(): Promise<void>
}

export interface LeaseWaiting {
  /** Told of who has it. */
  onWaiting: (holder: string) => void
  /** Ends the waiting. */
  signal: AbortSignal
}

export interface StartingStore extends WatchContext {
  readiness: KeptReadiness
  stopping: AbortSignal
}

const isFatal = (error: unknown) => !(error instanceof StoreUnavailableError)

export interface StartedStore {
  store: Store
  lease: Lease
}

export async function startStore(
  adapter: StoreAdapter,
  starting: StartingStore,
  ends: UndoStack,
): Promise<StartedStore> {
  let probe = () => adapter.check()
  ends.push('close the connection to the store', () => adapter.close())
  await reach('store', probe, { ...starting, isFatal })
  const watch = watchDependency({ dependency: 'store', probe: () => probe() }, starting)
  ends.push('watch the store no more', watch.stop)
  const lease = await startLease(adapter, starting, ends)
  const store = await reach('store', () => adapter.open(lease), { ...starting, isFatal })
  ends.push('close the store', () => store.close())
  probe = () => store.probe()
  return { store: guardStore(store, { readiness: starting.readiness, doubt: watch.doubt }), lease }
}

async function startLease(adapter: StoreAdapter, starting: StartingStore, ends: UndoStack): Promise<Lease> {
  const { readiness, stopping } = starting
  const onWaiting = (holder: string) => readiness.fails('lease', `${holder} has it, or had it until a moment ago`)
  const lease = await adapter.holdLease({ onWaiting, signal: stopping })
  ends.push('give the lease back', () => lease.release())
  readiness.works('lease')
  const probe = async () => {
    if (!lease.isHeld()) throw new Error('it could not be renewed in time: nothing is written for now')
  }
  const watch = watchDependency({ dependency: 'lease', probe }, starting)
  ends.push('watch the lease no more', watch.stop)
  return lease
}
