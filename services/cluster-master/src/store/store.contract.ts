import { once } from 'node:events'
import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fakeClock } from '@bramble/kit'
import type { Clock, FakeClock } from '@bramble/kit'
import { DuplicateError, RevisionError, StoreUnavailableError } from './errors.ts'
import { findContract } from './store-find.contract.ts'
import { setting, sampleInstance } from './store-samples.ts'
import type { Change, Store } from './store.ts'

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
    const allChanges = (after = 0) => store.changes(after, 1000)

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
        expect(await store.collection('instances').getByName('web-1')).toEqual(inserted)
        expect(await store.collection('instances').getByName('web-2')).toBeUndefined()
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

      it('named by its id where the collection has no names', async () => {
        await store.collection('settings').insert(setting('epoch', 1))
        expect(await store.collection('settings').getByName('epoch')).toMatchObject({ value: 1 })
      })
    })

    describe('writes at the same time', () => {
      it('give a name to exactly one of many, and the others of the moment are written all the same', async () => {
        const instances = store.collection('instances')
        const same = Array.from({ length: 20 }, () => instances.insert(sampleInstance({ name: 'wanted' })))
        const others = Array.from({ length: 20 }, () => instances.insert(sampleInstance()))
        const outcomes = await Promise.allSettled(same)
        const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
        expect(errors).toHaveLength(19)
        for (const error of errors) {
          expect(error).toBeInstanceOf(DuplicateError)
          expect(error).toMatchObject({ collection: 'instances', field: 'name' })
        }
        await Promise.all(others)
        expect(await instances.all()).toHaveLength(21)
      })

      it('insert an id once', async () => {
        const inserts = Array.from({ length: 20 }, (_, n) => store.collection('settings').insert(setting('epoch', n)))
        const outcomes = await Promise.allSettled(inserts)
        const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
        expect(errors).toHaveLength(19)
        for (const error of errors) expect(error).toMatchObject({ name: 'DuplicateError', field: 'id' })
      })

      it('let one of many replace the same revision, and tell the others the stored one', async () => {
        const first = await store.collection('settings').insert(setting('epoch', 0))
        const replaces = Array.from({ length: 20 }, (_, n) =>
          store.collection('settings').replace({ ...first, value: n }),
        )
        const outcomes = await Promise.allSettled(replaces)
        const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
        expect(errors).toHaveLength(19)
        for (const error of errors) expect(error).toBeInstanceOf(RevisionError)
        expect(errors[0]).toMatchObject({ stored: 2 })
        expect((await store.collection('settings').get('epoch'))?.revision).toBe(2)
      })

      it('lose no update', async () => {
        await store.collection('settings').insert(setting('count', 0))
        const add = () => store.collection('settings').update('count', (it) => ({ ...it, value: Number(it.value) + 1 }))
        await Promise.all(Array.from({ length: 50 }, add))
        expect(await store.collection('settings').get('count')).toMatchObject({ value: 50, revision: 51 })
      })
    })

    describe('a write that is refused changes nothing', () => {
      it('when the document is gone', async () => {
        const first = await store.collection('settings').insert(setting('epoch', 0))
        await store.collection('settings').remove('epoch')
        await expect(store.collection('settings').replace(first)).rejects.toMatchObject({
          name: 'RevisionError',
          stored: undefined,
        })
        expect(await store.collection('settings').update('epoch', (it) => it)).toBeUndefined()
      })

      it('when it would take the name of another', async () => {
        const instances = store.collection('instances')
        await instances.insert(sampleInstance({ name: 'taken' }))
        const mine = await instances.insert(sampleInstance({ name: 'mine' }))
        await expect(instances.replace({ ...mine, name: 'taken' })).rejects.toThrow(DuplicateError)
        await expect(instances.update(mine.id, (it) => ({ ...it, name: 'taken' }))).rejects.toThrow(DuplicateError)
        expect(await instances.get(mine.id)).toEqual(mine)
      })

      it('when update() leaves the document, or its change throws', async () => {
        const first = await store.collection('settings').insert(setting('epoch', 0))
        expect(await store.collection('settings').update('epoch', () => undefined)).toEqual(first)
        const failing = store.collection('settings').update('epoch', () => {
          throw new Error('my own')
        })
        const beside = store.collection('settings').insert(setting('other', 1))
        await expect(failing).rejects.toThrow('my own')
        await expect(beside).resolves.toMatchObject({ revision: 1 })
        expect(await store.collection('settings').get('epoch')).toEqual(first)
      })
    })

    it('gives a name again once its document is removed or renamed', async () => {
      const instances = store.collection('instances')
      const first = await instances.insert(sampleInstance({ name: 'web' }))
      await instances.replace({ ...first, name: 'old-web' })
      const second = await instances.insert(sampleInstance({ name: 'web' }))
      await instances.remove(second.id)
      await expect(instances.insert(sampleInstance({ name: 'web' }))).resolves.toMatchObject({ name: 'web' })
    })

    findContract(() => store)

    describe('changes()', () => {
      const brief = ({ id, revision, removed }: Change) => ({ id, revision, removed })

      it('tells the writes of all collections in their order, each document at its newest', async () => {
        const a = await store.collection('settings').insert(setting('a', 0))
        const b = await store.collection('instances').insert(sampleInstance())
        await store.collection('settings').replace({ ...a, value: 1 })
        const changes = await allChanges()
        expect(changes.map(brief)).toEqual([
          { id: b.id, revision: 1, removed: false },
          { id: 'a', revision: 2, removed: false },
        ])
        expect(changes[1]).toMatchObject({ collection: 'settings', at: clock.now(), document: { value: 1 } })
        expect(changes[1]?.cursor).toBeGreaterThan(changes[0]?.cursor ?? Infinity)
      })

      it('can be read piece by piece, and again', async () => {
        for (const id of ['a', 'b', 'c']) await store.collection('settings').insert(setting(id, 0))
        const [first] = await store.changes(0, 1)
        const rest = await store.changes(first?.cursor ?? 0, 1000)
        expect([first?.id, ...rest.map(({ id }) => id)]).toEqual(['a', 'b', 'c'])
        expect(await allChanges(rest.at(-1)?.cursor)).toEqual([])
      })

      it('tells a removal with the document as it last was', async () => {
        await store.collection('settings').insert(setting('a', 'last words'))
        const [before] = await allChanges()
        await store.collection('settings').remove('a')
        const after = await allChanges(before?.cursor)
        expect(after).toMatchObject([{ id: 'a', revision: 2, removed: true, document: { value: 'last words' } }])
      })

      it('never tells an id and a revision twice, also when the id comes back', async () => {
        await store.collection('settings').insert(setting('a', 0))
        await store.collection('settings').remove('a')
        const again = await store.collection('settings').insert(setting('a', 1))
        expect(again.revision).toBe(3)
        expect((await allChanges()).map(brief)).toEqual([{ id: 'a', revision: 3, removed: false }])
      })

      it('goes on after the store was opened again, also behind a removal', async () => {
        await store.collection('settings').insert(setting('a', 0))
        await store.collection('settings').remove('a')
        const seen = (await allChanges()).at(-1)?.cursor
        await reopen()
        await store.collection('settings').insert(setting('b', 0))
        expect((await allChanges(seen)).map(({ id }) => id)).toEqual(['b'])
      })
    })

    describe('events', () => {
      const event = (id: string) => ({
        id,
        type: 'instance.running',
        at: clock.now(),
        resource: { kind: 'instance' as const, id: 'in-1' },
        summary: `${id} runs`,
      })
      const sequences = (events: { sequence: number }[]) => events.map(({ sequence }) => sequence)

      it('are numbered once, in order, whatever is told twice', async () => {
        expect(sequences(await store.appendEvents([event('a'), event('b'), event('a')], 100))).toEqual([1, 2])
        const appended = await store.appendEvents([event('b'), event('c')], 100)
        expect(appended).toEqual([{ sequence: 3, ...event('c') }])
        expect((await store.events(1, 100)).items.map(({ id }) => id)).toEqual(['b', 'c'])
      })

      it('are numbered without a gap by several at the same time', async () => {
        await Promise.all(Array.from({ length: 20 }, (_, n) => store.appendEvents([event(`e${n % 10}`)], 100)))
        expect(sequences((await store.events(0, 100)).items)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
      })

      it('stay as many as are to be kept, and say where they begin and end', async () => {
        await store.appendEvents(['a', 'b', 'c', 'd', 'e'].map(event), 3)
        const { items, firstSequence, lastSequence } = await store.events(0, 2)
        expect(sequences(items)).toEqual([3, 4])
        expect({ firstSequence, lastSequence }).toEqual({ firstSequence: 3, lastSequence: 5 })
      })

      it('begin after the last one when there is none', async () => {
        expect(await store.events(0, 10)).toEqual({ items: [], firstSequence: 1, lastSequence: 0 })
        await store.appendEvents([event('a')], 0)
        expect(await store.events(0, 10)).toEqual({ items: [], firstSequence: 2, lastSequence: 1 })
        await reopen()
        expect(sequences(await store.appendEvents([event('b')], 100))).toEqual([2])
      })
    })

    it('has everything when it is opened again', async () => {
      const document = await store.collection('instances').insert(sampleInstance({ name: 'web' }))
      await store.appendEvents(
        [{ id: 'x:1', type: 't', at: clock.now(), resource: { kind: 'node', id: 'pi' }, summary: '' }],
        10,
      )
      await reopen()
      expect(await store.collection('instances').getByName('web')).toEqual(document)
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

    it('proves that it can be written, and refuses when it is closed', async () => {
      await expect(store.probe()).resolves.toBeUndefined()
      await store.close()
      await store.close()
      await expect(store.probe()).rejects.toThrow(StoreUnavailableError)
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
