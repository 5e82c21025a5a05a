import type { StoreBed } from './store-bed.ts'
import { sampleInstance, setting } from './store-samples.ts'
import type { Change } from './store.ts'

/** The part of the store's contract that is about changes(). */
export function changesContract({ store, clock, reopen }: StoreBed): void {
  describe('changes()', () => {
    const allChanges = (after = 0) => store().changes(after, 1000)
    const brief = ({ id, revision, removed }: Change) => ({ id, revision, removed })

    it('tells the writes of all collections in their order, each document at its newest', async () => {
      const a = await store().collection('settings').insert(setting('a', 0))
      const b = await store().collection('instances').insert(sampleInstance())
      await store()
        .collection('settings')
        .replace({ ...a, value: 1 })
      const changes = await allChanges()
      expect(changes.map(brief)).toEqual([
        { id: b.id, revision: 1, removed: false },
        { id: 'a', revision: 2, removed: false },
      ])
      expect(changes[1]).toMatchObject({ collection: 'settings', at: clock().now(), document: { value: 1 } })
      expect(changes[1]?.cursor).toBeGreaterThan(changes[0]?.cursor ?? Infinity)
    })

    it('can be read piece by piece, and again', async () => {
      for (const id of ['a', 'b', 'c']) await store().collection('settings').insert(setting(id, 0))
      const [first] = await store().changes(0, 1)
      const rest = await store().changes(first?.cursor ?? 0, 1000)
      expect([first?.id, ...rest.map(({ id }) => id)]).toEqual(['a', 'b', 'c'])
      expect(await allChanges(rest.at(-1)?.cursor)).toEqual([])
    })

    it('tells a removal with the document as it last was', async () => {
      await store().collection('settings').insert(setting('a', 'last words'))
      const [before] = await allChanges()
      await store().collection('settings').remove('a')
      const after = await allChanges(before?.cursor)
      expect(after).toMatchObject([{ id: 'a', revision: 2, removed: true, document: { value: 'last words' } }])
    })

    it('never tells an id and a revision twice, also when the id comes back', async () => {
      await store().collection('settings').insert(setting('a', 0))
      await store().collection('settings').remove('a')
      const again = await store().collection('settings').insert(setting('a', 1))
      expect(again.revision).toBe(3)
      expect((await allChanges()).map(brief)).toEqual([{ id: 'a', revision: 3, removed: false }])
    })

    it('goes on after the store was opened again, also behind a removal', async () => {
      await store().collection('settings').insert(setting('a', 0))
      await store().collection('settings').remove('a')
      const seen = (await allChanges()).at(-1)?.cursor
      await reopen()
      await store().collection('settings').insert(setting('b', 0))
      expect((await allChanges(seen)).map(({ id }) => id)).toEqual(['b'])
    })
  })
}
