import type { StoreBed } from './store-bed.ts'

/** The part of the store's contract that is about events. */
export function eventsContract({ store, clock, reopen }: StoreBed): void {
  describe('events', () => {
    const event = (id: string) => ({
      id,
      type: 'instance.running',
      at: clock().now(),
      resource: { kind: 'instance' as const, id: 'in-1' },
      summary: `${id} runs`,
    })
    const sequences = (events: { sequence: number }[]) => events.map(({ sequence }) => sequence)

    it('are numbered once, in order, whatever is told twice', async () => {
      expect(sequences(await store().appendEvents([event('a'), event('b'), event('a')], 100))).toEqual([1, 2])
      const appended = await store().appendEvents([event('b'), event('c')], 100)
      expect(appended).toEqual([{ sequence: 3, ...event('c') }])
      expect((await store().events(1, 100)).items.map(({ id }) => id)).toEqual(['b', 'c'])
    })

    it('are numbered without a gap by several at the same time', async () => {
      await Promise.all(Array.from({ length: 20 }, (_, n) => store().appendEvents([event(`e${n % 10}`)], 100)))
      expect(sequences((await store().events(0, 100)).items)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    })

    it('stay as many as are to be kept, and say where they begin and end', async () => {
      await store().appendEvents(['a', 'b', 'c', 'd', 'e'].map(event), 3)
      const { items, firstSequence, lastSequence } = await store().events(0, 2)
      expect(sequences(items)).toEqual([3, 4])
      expect({ firstSequence, lastSequence }).toEqual({ firstSequence: 3, lastSequence: 5 })
    })

    it('begin after the last one when there is none', async () => {
      expect(await store().events(0, 10)).toEqual({ items: [], firstSequence: 1, lastSequence: 0 })
      await store().appendEvents([event('a')], 0)
      expect(await store().events(0, 10)).toEqual({ items: [], firstSequence: 2, lastSequence: 1 })
      await reopen()
      expect(sequences(await store().appendEvents([event('b')], 100))).toEqual([2])
    })
  })
}
