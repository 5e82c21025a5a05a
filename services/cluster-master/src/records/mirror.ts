// A collection of the store held in memory as well. The master is the only writer of its documents, so what is here is
// what is stored: a launch finds its service, its base and its node without asking the store, and nothing is scanned.
// A write reaches the memory when it is durable; only a removal takes the document out of sight first. A write in doubt
// reaches it when the store knows that it was done; until then its document is not written to, so that nobody takes for
// somebody else's what that write made.
import type { Collection, Draft, Stored } from '../store/store.ts'
import { RevisionError, StoreUnavailableError, WriteInDoubtError } from '../store/errors.ts'

export interface MirrorOptions<D> {
  /** Which documents are held: of operations those that have not ended. */
  holds?: (document: D) => boolean
  /** An equal document that takes less memory. */
  pack?: (document: D) => D
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
  /** All of them by id, in an array that stays as it is. */
  inOrder(): readonly D[]
  load(): Promise<void>
  insert(draft: Draft<D>): Promise<D>
  /** Changes the newest version of a document; `change` returns undefined to leave it, and may be called again. */
  update(id: string, change: (document: D) => D | undefined): Promise<D | undefined>
  remove(id: string): Promise<boolean>
}

/** Thousands more at a time would take more memory than all that is held. */
const loadedAtOnce = 1000

export function createMirror<D extends Stored>(
  collection: Collection<D>,
  loads: readonly Parameters<Collection<D>['all']>[0][],
  { holds = () => true, pack = (document) => document, onChange = () => undefined }: MirrorOptions<D> = {},
): Mirror<D> {
  const byId = new Map<string, D>()
  const idByName = new Map<string, string>()
  let ordered: readonly D[] | undefined
  /** Those whose removal is under way: out of sight, also when a write before it becomes durable only now. */
  const leaving = new Map<string, D>()
  /** Those with a write of which nobody knows yet whether it was done. */
  const inDoubt = new Set<string>()
  const nameOf = (document: D) => (document as { name?: string }).name

  const take = (written: D | undefined, id: string) => {
    const document = written && pack(written)
    const before = leaving.get(id) ?? byId.get(id)
    // An older write that became durable in the same group as a newer one.
    if (before && document && before.revision >= document.revision) return
    if (document && leaving.has(id)) return void leaving.set(id, document)
    const held = document && holds(document) ? document : undefined
    ordered = undefined
    if (held) byId.set(id, held)
    else byId.delete(id)
    const name = nameOf((held ?? before ?? {}) as D)
    if (name !== undefined && held) idByName.set(name, id)
    else if (name !== undefined) idByName.delete(name)
    if (before || document) onChange(before, document)
  }
  const checkKnown = (id: string) => {
    if (inDoubt.has(id)) throw new StoreUnavailableError(`it is not known yet what became of the last write of ${id}`)
  }
  /** Fails as the write did; `written` sees later what it wrote, if it did. */
  const failed = <W>(id: string, error: unknown, written: (result: W) => void): never => {
    if (!(error instanceof WriteInDoubtError)) throw error
    inDoubt.add(id)
    const known = () => void inDoubt.delete(id)
    // At once when it is known: before anybody else who waits for that looks here.
    const outcome = error.outcome as Promise<W>
    outcome.then((result) => {
      known()
      written(result)
    }, known)
    throw error
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
    inOrder: () => (ordered ??= [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1))),
    load: async () => {
      for (const where of loads) {
        let cursor: string | undefined
        do {
          const page = await collection.find({
            ...(where && { where }),
            ...(cursor && { cursor }),
            limit: loadedAtOnce,
          })
          for (const document of page.items) take(document, document.id)
          cursor = page.nextCursor
        } while (cursor !== undefined)
      }
    },
    insert: async (draft) => {
      const { id } = draft as Pick<D, 'id'>
      const written = (document: D) => {
        leaving.delete(id)
        take(document, id)
        return document
      }
      checkKnown(id)
      return collection.insert(draft).then(written, (error) => failed(id, error, written))
    },
    update: async (id, change) => {
      const written = (document: D) => take(document, id)
      for (let current = byId.get(id); current; current = await collection.get(id)) {
        const changed = change(current)
        if (!changed) return current
        checkKnown(id)
        try {
          const document = await collection.replace(changed)
          written(document)
          return document
        } catch (error) {
          if (!(error instanceof RevisionError)) failed(id, error, written)
        }
      }
      return undefined
    },
    remove: async (id) => {
      checkKnown(id)
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
        return failed(id, error, () => take(undefined, id))
      }
    },
  }
}
