import { eventually } from '../../eventually.ts'
import { desired, makeGate, recorder } from './fixture.ts'
import type { BusFixture } from './fixture.ts'

export function desiredContract(of: () => BusFixture): void {
  describe('desired', () => {
    it('brings a copy of the whole document with its key', async () => {
      const { bus, node } = of()
      const seen = recorder()
      await bus.subscribeDesired(node, seen.take)
      const document = desired(1, { text: 'ü\u0000"', list: [{ a: null }], big: 'x'.repeat(1_000_000) })
      await bus.publishDesired(node, document)
      await eventually(() => expect(seen.all).toHaveLength(1))
      expect(seen.all[0]).toMatchObject({ key: node, redelivered: false })
      expect(seen.all[0]?.body).toEqual(document)
      expect(seen.all[0]?.body).not.toBe(document)
    })

    it('keeps the newest document, and only that, for a receiver that is away', async () => {
      const { bus, node } = of()
      for (let n = 1; n <= 20; n++) await bus.publishDesired(node, desired(n))
      const seen = recorder()
      await bus.subscribeDesired(node, seen.take)
      await eventually(() => expect(seen.numbers()).toEqual([20]))
      await bus.publishDesired(node, desired(21))
      await eventually(() => expect(seen.numbers()).toEqual([20, 21]))
    })

    it('gives a slow receiver one document at a time, and then only the newest', async () => {
      const { bus, node } = of()
      const seen = recorder()
      const gate = makeGate()
      await bus.subscribeDesired(node, async (delivery) => {
        seen.take(delivery)
        await gate.opened
      })
      await bus.publishDesired(node, desired(1))
      await eventually(() => expect(seen.numbers()).toEqual([1]))
      for (let n = 2; n <= 20; n++) await bus.publishDesired(node, desired(n))
      expect(seen.numbers()).toEqual([1])
      gate.open()
      await eventually(() => expect(seen.numbers()).toEqual([1, 20]))
    })

    it('keeps receivers apart', async () => {
      const { bus, node, other } = of()
      const seen = recorder()
      const seenByOther = recorder()
      await bus.subscribeDesired(node, seen.take)
      await bus.subscribeDesired(other, seenByOther.take)
      await bus.publishDesired(node, desired(1))
      await bus.publishDesired(other, desired(2))
      await eventually(() => expect([seen.numbers(), seenByOther.numbers()]).toEqual([[1], [2]]))
    })

    it('goes on after a handler that failed', async () => {
      const { bus, node } = of()
      const seen = recorder()
      await bus.subscribeDesired(node, (delivery) => {
        seen.take(delivery)
        if (seen.all.length === 1) throw new Error('disk full')
      })
      await bus.publishDesired(node, desired(1))
      await eventually(() => expect(seen.numbers()).toEqual([1]))
      await bus.publishDesired(node, desired(2))
      await eventually(() => expect(seen.numbers()).toEqual([1, 2]))
    })

    it('keeps what arrives while the receiver is stopped for when it is back', async () => {
      const { bus, node } = of()
      const before = recorder()
      await (await bus.subscribeDesired(node, before.take)).stop()
      await bus.publishDesired(node, desired(1))
      const after = recorder()
      await bus.subscribeDesired(node, after.take)
      await eventually(() => expect(after.numbers()).toEqual([1]))
      expect(before.all).toEqual([])
    })
  })
}
