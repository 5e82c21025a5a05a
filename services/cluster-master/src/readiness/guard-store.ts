import { StoreUnavailableError } from '../store/errors.ts'
import type { Collection, CollectionName, Documents, Store, Stored } from '../store/store.ts'
import type { KeptReadiness } from './readiness.ts'

export interface Guarding {
  readiness: Pick<KeptReadiness, 'isUp'>
  /** Told of a call that could not reach it. */
  doubt: () => void
}

type Guard = <T>(call: () => Promise<T>) => Promise<T>

/**
 * The same store, for as long as it works. While it does not, a call fails at once rather than after the seconds that
 * the driver would wait: whoever asks is answered, and the tasks do not queue up before it.
 */
export function guardStore(store: Store, { readiness, doubt }: Guarding): Store {
  const guard: Guard = async (call) => {
    if (!readiness.isUp('store')) throw new StoreUnavailableError('the store does not work at present')
    try {
      return await call()
    } catch (error) {
      if (error instanceof StoreUnavailableError) doubt()
      throw error
    }
  }
  const guarded = new Map<CollectionName, unknown>()
  const collection = <N extends CollectionName>(name: N): Collection<Documents[N]> => {
    const known = guarded.get(name) as Collection<Documents[N]> | undefined
    if (known) return known
    const made = guardCollection(store.collection(name), guard)
    guarded.set(name, made)
    return made
  }

  return {
    about: () => guard(() => store.about()),
    collection,
    changes: (cursor, limit) => guard(() => store.changes(cursor, limit)),
    appendEvents: (events, keep) => guard(() => store.appendEvents(events, keep)),
    events: (after, limit) => guard(() => store.events(after, limit)),
    probe: () => store.probe(),
    close: () => store.close(),
  }
}

const guardCollection = <D extends Stored>(collection: Collection<D>, guard: Guard): Collection<D> => ({
  insert: (draft) => guard(() => collection.insert(draft)),
  get: (id) => guard(() => collection.get(id)),
  find: (find) => guard(() => collection.find(find)),
  all: (where) => guard(() => collection.all(where)),
  replace: (document) => guard(() => collection.replace(document)),
  update: (id, change) => guard(() => collection.update(id, change)),
  remove: (id) => guard(() => collection.remove(id)),
})
