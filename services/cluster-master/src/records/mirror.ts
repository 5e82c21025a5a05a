// A collection of the store held in memory as well. The master is the only writer of its documents, so what is here is
// what is stored: a launch finds its service, its base and its node without asking the store, and nothing is scanned.
// A write reaches the memory when it is durable; only a removal takes the document out of sight first.
import type { Collection, Draft, Stored } from '../store/store.ts'
import { RevisionError } from '../store/errors.ts'

export interface MirrorOptions<D> {
  /** Which documents are held: of operations those that have not ended. */
  holds?: (document: D) => boolean
  /** Called with every change, after it is seen here: `undefined` before it was there or after it is gone. */
  onChange?: (before: D | undefined, after: D | undefined) => void
}

export interface Mirror<D extends Stored> {
  readonly size: number
  get(id: string): D | undefined
  named(name: string): D | undefined
  /** By name or id. */
  find(nameOrId: string): D | undefined
  values(): Iterable<D>
  load(): Promise<void>
  insert(draft: Draft<D>): Promise<D>
  /** Changes the newest version of a document; `change` returns undefined to leave it, and may be called again. */
  update(id: string, change: (document: D) => D | undefined): Promise<D | undefined>
  remove(id: string): Promise<boolean>
}

export function createMirror<D extends Stored>(
  collection: Collection<D>,
  loads: readonly Parameters<Collection<D>['all']>[0][],
  { holds = () => true, onChange = () => undefined }: MirrorOptions<D> = {},
): Mirror<D> {
  const byId = new Map<string, D>()
  const idByName = new Map<string, string>()
  /** Those whose removal is under way: out of sight, also when a write before it becomes durable only now. */
  const leaving = new Map<string, D>()
  const nameOf = (document: D) => (document as { name?: string }).name

  const take = (document: D | undefined, id: string) => {
    const before = leaving.get(id) ?? byId.get(id)
    // An older write that became durable in the same group as a newer one.
    if (before && document && before.revision >= document.revision) return
    if (document && leaving.has(id)) return void leaving.set(id, document)
    const held = document && holds(document) ? document : undefined
    if (held) byId.set(id, held)
    else byId.delete(id)
    const name = nameOf((held ?? before ?? {}) as D)
    if (name !== undefined && held) idByName.set(name, id)
    else if (name !== undefined) idByName.delete(name)
    if (before || document) onChange(before, document)
  }
  const get = (id: string) => byId.get(id)
  const named = (name: string) => byId.get(idByName.get(name) ?? '')

  return {
    get size() {
      return byId.size
    },
    get,
    named,
    find: (nameOrId) => named(nameOrId) ?? get(nameOrId),
    values: () => byId.values(),
    load: async () => {
      for (const where of loads) for (const document of await collection.all(where)) take(document, document.id)
    },
    insert: async (draft) => {
      const document = await collection.insert(draft)
      leaving.delete(document.id)
      take(document, document.id)
      return document
    },
    update: async (id, change) => {
      for (let current = byId.get(id); current; current = await collection.get(id)) {
        const changed = change(current)
        if (!changed) return current
        try {
          const written = await collection.replace(changed)
          take(written, id)
          return written
        } catch (error) {
          if (!(error instanceof RevisionError)) throw error
        }
      }
      return undefined
    },
    remove: async (id) => {
      const before = byId.get(id)
      take(undefined, id)
      if (before) leaving.set(id, before)
      try {
        const isRemoved = await collection.remove(id)
        leaving.delete(id)
        return isRemoved
      } catch (error) {
        const stored = leaving.get(id)
        leaving.delete(id)
        if (stored) take(stored, id)
        throw error
      }
    },
  }
}
