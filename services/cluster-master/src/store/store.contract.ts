import { once } from 'node:events'
import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fakeClock } from '@bramble/kit'
import type { Clock, FakeClock } from '@bramble/kit'
import { DuplicateError, StoreUnavailableError } from './errors.ts'
import { changesContract } from './store-changes.contract.ts'
import { eventsContract } from './store-events.contract.ts'
import { findContract } from './store-find.contract.ts'
import { schemaContract } from './store-schema.contract.ts'
import { setting, sampleInstance } from './store-samples.ts'
import type { Store } from './store.ts'
import { writeContract } from './store-write.contract.ts'

/** One place where documents are kept: an empty one for each test. */
export interface StorePlace {
  /** Opens the store; again after close() to find the same documents. */
  open(clock: Clock): Store | Promise<Store>
  /** Starts a process that runs writeUntilKilled() on this place. */
  spawnWriter(): ChildProcess
  dispose(): Promise<void>
}

/** What every adapter of the store promises; run on each of them. */
export function storeContract(name: string, createPlace: () => Promise<StorePlace>): void {
  describe(`the store ${name}`, () => {
    let place: StorePlace
    let clock: FakeClock
    let store: Store

    const reopen = async () => {
      await store.close()
      store = await place.open(clock)
    }

    beforeEach(async () => {
      place = await createPlace()
      clock = fakeClock()
      store = await place.open(clock)
    })
    afterEach(async () => {
      await store.close()
      await place.dispose()
    })

    describe('one document', () => {
      it('is inserted at revision 1 and read by id and by name', async () => {
        const draft = sampleInstance({ name: 'web-1' })
        const inserted = await store.collection('instances').insert(draft)
        expect(inserted).toEqual({ ...draft, revision: 1, createdAt: clock.now(), updatedAt: clock.now() })
        expect(await store.collection('instances').get(draft.id)).toEqual(inserted)
        expect(await store.collection('instances').all({ name: 'web-1' })).toEqual([inserted])
        expect(await store.collection('instances').all({ name: 'web-2' })).toEqual([])
      })

      it('is replaced at the revision that was read, and counts on', async () => {
        const first = await store.collection('settings').insert(setting('epoch', 1))
        clock.advance(1000)
        const second = await store.collection('settings').replace({ ...first, value: 2 })
        expect(second).toEqual({ ...first, value: 2, revision: 2, updatedAt: clock.now() })
        expect(await store.collection('settings').get('epoch')).toEqual(second)
      })

      it('is gone once removed, and the second removal says so', async () => {
        await store.collection('settings').insert(setting('epoch', 1))
        expect(await store.collection('settings').remove('epoch')).toBe(true)
        expect(await store.collection('settings').remove('epoch')).toBe(false)
        expect(await store.collection('settings').get('epoch')).toBeUndefined()
        expect(await store.collection('settings').all()).toEqual([])
      })
    })

    writeContract(() => store)

    it('gives a name again once its document is removed or renamed', async () => {
      const instances = store.collection('instances')
      const first = await instances.insert(sampleInstance({ name: 'web' }))
      await instances.replace({ ...first, name: 'old-web' })
      const second = await instances.insert(sampleInstance({ name: 'web' }))
      await instances.remove(second.id)
      await expect(instances.insert(sampleInstance({ name: 'web' }))).resolves.toMatchObject({ name: 'web' })
    })

    findContract(() => store)

    schemaContract(() => store)

    changesContract({ store: () => store, clock: () => clock, reopen })
    eventsContract({ store: () => store, clock: () => clock, reopen })

    it('has everything when it is opened again', async () => {
      const document = await store.collection('instances').insert(sampleInstance({ name: 'web' }))
      await store.appendEvents(
        [{ id: 'x:1', type: 't', at: clock.now(), resource: { kind: 'node', id: 'pi' }, summary: '' }],
        10,
      )
      await reopen()
      expect(await store.collection('instances').all({ name: 'web' })).toEqual([document])
      expect((await store.events(0, 10)).items).toHaveLength(1)
      await expect(store.collection('instances').insert(sampleInstance({ name: 'web' }))).rejects.toThrow(
        DuplicateError,
      )
    })

    it('has every acknowledged write of a process that was killed while writing', async () => {
      await store.close()
      const acknowledged = await killWhileWriting(place.spawnWriter(), 500)
      store = await place.open(clock)
      const stored = new Set((await store.collection('settings').all()).map(({ id }) => id))
      expect(acknowledged.length).toBeGreaterThanOrEqual(500)
      expect(acknowledged.filter((id) => !stored.has(id))).toEqual([])
    }, 30_000)

    it('names what keeps it, without credentials', async () => {
      const { product, version, host = '' } = await store.about()
      expect(['SQLite', 'MongoDB', 'FerretDB']).toContain(product)
      expect(version).toMatch(/^\d+\./)
      expect(host).not.toContain('@')
    })

    it('proves that it can be written, and refuses when it is closed', async () => {
      await expect(store.probe()).resolves.toBeUndefined()
      await store.close()
      await store.close()
      await expect(store.probe()).rejects.toThrow(StoreUnavailableError)
      await expect(store.events(0, 1)).rejects.toThrow(StoreUnavailableError)
      await expect(store.changes(0, 1)).rejects.toThrow(StoreUnavailableError)
      await expect(store.collection('settings').get('a')).rejects.toThrow(StoreUnavailableError)
      await expect(store.collection('settings').all()).rejects.toThrow(StoreUnavailableError)
      await expect(store.collection('settings').insert(setting('a', 0))).rejects.toThrow(StoreUnavailableError)
    })
  })
}

/** Kills the writer once it has acknowledged so many; returns all that it acknowledged. */
async function killWhileWriting(writer: ChildProcess, least: number): Promise<string[]> {
  const acknowledged: string[] = []
  const ended = once(writer, 'close')
  if (!writer.stdout) throw new Error('the writer has no stdout')
  for await (const line of createInterface({ input: writer.stdout })) {
    acknowledged.push(line)
    if (acknowledged.length === least) writer.kill('SIGKILL')
  }
  await ended
  return acknowledged
}
