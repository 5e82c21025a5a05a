import type { Collection, CollectionName, Documents, Store, Stored } from './store.ts'

/** Told how long a call took, also one that failed. */
export type ObserveCall = (kind: 'read' | 'write', durationMs: number) => void

type Timed = <T>(kind: 'read' | 'write', call: () => Promise<T>) => Promise<T>

/** The same store, whose calls are timed: a write counts until it is durable. */
export function timeStore(store: Store, observe: ObserveCall): Store {
  const timed: Timed = async (kind, call) => {
    const startedMs = performance.now()
    try {
      return await call()
    } finally {
      observe(kind, performance.now() - startedMs)
    }
  }
  const known = new Map<CollectionName, unknown>()
  const collection = <N extends CollectionName>(name: N): Collection<Documents[N]> => {
    const made = known.get(name) ?? timeCollection(store.collection(name), timed)
    known.set(name, made)
    return made as Collection<Documents[N]>
  }

  return {
    about: () => store.about(),
    collection,
    changes: (cursor, limit) => timed('read', () => store.changes(cursor, limit)),
    appendEvents: (events, keep) => timed('write', () => store.appendEvents(events, keep)),
    events: (after, limit) => timed('read', () => store.events(after, limit)),
    probe: () => store.probe(),
    close: () => store.close(),
  }
}

const timeCollection = <D extends Stored>(collection: Collection<D>, timed: Timed): Collection<D> => ({
  insert: (draft) => timed('write', () => collection.insert(draft)),
  get: (id) => timed('read', () => collection.get(id)),
  find: (find) => timed('read', () => collection.find(find)),
  all: (where) => timed('read', () => collection.all(where)),
  replace: (document) => timed('write', () => collection.replace(document)),
  update: (id, change) => timed('write', () => collection.update(id, change)),
  remove: (id) => timed('write', () => collection.remove(id)),
})
