import { ProblemError } from '../../errors/problem-error.ts'
import { eventually } from '../../eventually.ts'
import { deadOf, fact, recorder } from './fixture.ts'
import type { BusFixture } from './fixture.ts'

export function factsContract(of: () => BusFixture): void {
  describe('facts', () => {
    it('wait until somebody takes them, and are all taken', async () => {
      const { bus, factKey } = of()
      const ids = Array.from({ length: 200 }, (_, index) => `f${index}`)
      const told = ids.map((id) => bus.publishFact(factKey, fact(id)))
      const seen = recorder()
      await bus.subscribeFacts(seen.take, { prefetch: 16 })
      await Promise.all(told)
      await eventually(() => expect(new Set(seen.ids())).toEqual(new Set(ids)))
      expect(seen.all[0]?.key).toBe(factKey)
    })

    it('come again after a retryable failure until they are handled, and are never dead for that', async () => {
      const { bus, factKey } = of()
      const dead = await deadOf(bus)
      const seen = recorder()
      await bus.subscribeFacts((delivery) => {
        seen.take(delivery)
        if (seen.all.length < 4) throw new Error('writing', { cause: new ProblemError('unavailable', 'store is down') })
      })
      await bus.publishFact(factKey, fact('f1'))
      await bus.publishFact(factKey, fact('f2'))
      await eventually(() => expect(seen.ids()).toContain('f2'))
      expect(seen.ids()).toEqual(['f1', 'f1', 'f1', 'f1', 'f2'])
      expect(seen.all.map(({ redelivered }) => redelivered)).toEqual([false, true, true, true, false])
      expect(dead).toEqual([])
    })

    it('are dead after any other failure, with the reason, and the next one is handled', async () => {
      const { bus, factKey } = of()
      const dead = await deadOf(bus)
      const seen = recorder()
      await bus.subscribeFacts((delivery) => {
        seen.take(delivery)
        if (seen.all.length === 1) throw new Error('bad fact', { cause: new Error('no such instance') })
      })
      await bus.publishFact(factKey, fact('f1'))
      await bus.publishFact(factKey, fact('f2'))
      await eventually(() => expect(seen.ids()).toEqual(['f1', 'f2']))
      await eventually(() => expect(dead).toHaveLength(1))
      expect(dead[0]).toEqual({
        key: factKey,
        reason: 'bad fact: no such instance',
        text: JSON.stringify(fact('f1')),
      })
    })

    it.each(['not json', '"text"', 'null', '{"id":"no type"}'])('are dead when they are %p', async (text) => {
      const { harness, bus, factKey } = of()
      const seen = recorder()
      await bus.subscribeFacts(seen.take)
      await harness.publishFactBytes(factKey, Buffer.from(text))
      await bus.publishFact(factKey, fact('good'))
      await eventually(() => expect(seen.ids()).toEqual(['good']))
      await eventually(async () => expect(await bus.countDead()).toBe(1))
      const dead = await deadOf(bus)
      await eventually(() => expect(dead.map((one) => one.text)).toEqual([text]))
      expect(dead[0]?.reason).not.toBe('')
      await eventually(async () => expect(await bus.countDead()).toBe(0))
    })

    it('are not lost by a subscriber that stops with one in hand', async () => {
      const { bus, factKey } = of()
      const before = recorder()
      const subscription = await bus.subscribeFacts((delivery) => {
        before.take(delivery)
        throw new ProblemError('unavailable', 'store is down')
      })
      const told = bus.publishFact(factKey, fact('f1'))
      await eventually(() => expect(before.all.length).toBeGreaterThan(0))
      await subscription.stop()
      const after = recorder()
      await bus.subscribeFacts(after.take)
      await eventually(() => expect(after.ids()).toEqual(['f1']))
      expect(after.all[0]?.redelivered).toBe(true)
      await told
    })

    it('are handled no more than the prefetch at a time', async () => {
      const { bus, factKey } = of()
      let running = 0
      let most = 0
      const seen = recorder()
      const full = Promise.withResolvers<void>()
      await bus.subscribeFacts(
        async (delivery) => {
          most = Math.max(most, ++running)
          if (running === 4) full.resolve()
          await full.promise
          await new Promise((resolve) => setImmediate(resolve))
          running -= 1
          seen.take(delivery)
        },
        { prefetch: 4 },
      )
      await Promise.all(Array.from({ length: 40 }, (_, n) => bus.publishFact(factKey, fact(`f${n}`))))
      await eventually(() => expect(seen.all).toHaveLength(40))
      expect(most).toBe(4)
    })
  })
}
