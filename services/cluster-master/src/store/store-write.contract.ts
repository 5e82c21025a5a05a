import { DuplicateError, RevisionError } from './errors.ts'
import { sampleInstance, setting } from './store-samples.ts'
import type { Store } from './store.ts'

/** The part of the store's contract that is about writes that meet, and writes that are refused. */
export function writeContract(store: () => Store): void {
  describe('writes at the same time', () => {
    it('give a name to exactly one of many, and the others of the moment are written all the same', async () => {
      const instances = store().collection('instances')
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
      const inserts = Array.from({ length: 20 }, (_, n) => store().collection('settings').insert(setting('epoch', n)))
      const outcomes = await Promise.allSettled(inserts)
      const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
      expect(errors).toHaveLength(19)
      for (const error of errors) expect(error).toMatchObject({ name: 'DuplicateError', field: 'id' })
    })

    it('let one of many replace the same revision, and tell the others the stored one', async () => {
      const first = await store().collection('settings').insert(setting('epoch', 0))
      const replaces = Array.from({ length: 20 }, (_, n) =>
        store()
          .collection('settings')
          .replace({ ...first, value: n }),
      )
      const outcomes = await Promise.allSettled(replaces)
      const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
      expect(errors).toHaveLength(19)
      for (const error of errors) expect(error).toBeInstanceOf(RevisionError)
      expect(errors[0]).toMatchObject({ stored: 2 })
      expect((await store().collection('settings').get('epoch'))?.revision).toBe(2)
    })

    it('lose no update', async () => {
      await store().collection('settings').insert(setting('count', 0))
      const add = () =>
        store()
          .collection('settings')
          .update('count', (it) => ({ ...it, value: Number(it.value) + 1 }))
      await Promise.all(Array.from({ length: 50 }, add))
      expect(await store().collection('settings').get('count')).toMatchObject({ value: 50, revision: 51 })
    })
  })

  describe('a write that is refused changes nothing', () => {
    it('when the document is gone', async () => {
      const first = await store().collection('settings').insert(setting('epoch', 0))
      await store().collection('settings').remove('epoch')
      await expect(store().collection('settings').replace(first)).rejects.toMatchObject({
        name: 'RevisionError',
        stored: undefined,
      })
      expect(
        await store()
          .collection('settings')
          .update('epoch', (it) => it),
      ).toBeUndefined()
    })

    it('when it would take the name of another', async () => {
      const instances = store().collection('instances')
      await instances.insert(sampleInstance({ name: 'taken' }))
      const mine = await instances.insert(sampleInstance({ name: 'mine' }))
      await expect(instances.replace({ ...mine, name: 'taken' })).rejects.toThrow(DuplicateError)
      await expect(instances.update(mine.id, (it) => ({ ...it, name: 'taken' }))).rejects.toThrow(DuplicateError)
      expect(await instances.get(mine.id)).toEqual(mine)
    })

    it('when update() leaves the document, or its change throws', async () => {
      const first = await store().collection('settings').insert(setting('epoch', 0))
      expect(
        await store()
          .collection('settings')
          .update('epoch', () => undefined),
      ).toEqual(first)
      const failing = store()
        .collection('settings')
        .update('epoch', () => {
          throw new Error('my own')
        })
      const beside = store().collection('settings').insert(setting('other', 1))
      await expect(failing).rejects.toThrow('my own')
      await expect(beside).resolves.toMatchObject({ revision: 1 })
      expect(await store().collection('settings').get('epoch')).toEqual(first)
    })
  })
}
