// The contract suite of the bus: every adapter passes it, whatever it runs on. It assumes nothing about when a message
// arrives, and uses keys of its own, so that a broker may be shared with other suites.
import { randomUUID } from 'node:crypto'
import type { FactKey, ReceiverKey } from '@bramble/contracts'
import { ProblemError } from '../errors/problem-error.ts'
import { eventually } from '../eventually.ts'
import type { Bus, BusMessage, DeadFact, Delivery } from './bus.ts'

export interface BusHarness {
  bus: Bus
  /** Puts bytes where facts go, as a foreign sender could. */
  publishFactBytes(key: string, bytes: Buffer): Promise<void>
  /** Kills and restarts the broker: confirmed facts and desired documents must survive. Absent where there is none. */
  restart?(): Promise<void>
  /** Removes all that the harness made; the bus is closed before. */
  remove?(): Promise<void>
}

export interface BusHarnessOptions {
  /** Receivers whose queues must exist. */
  receivers: ReceiverKey[]
  reportTtlMs: number
}

const reportTtlMs = 400

export type MakeBus = (options: BusHarnessOptions) => Promise<BusHarness>

/** `hasBroker`: the harness has `restart`, and the suite uses it. */
export function busContract(name: string, makeBus: MakeBus, { hasBroker = false } = {}): void {
  describe(`bus contract: ${name}`, () => {
    let harness: BusHarness
    let bus: Bus
    let node: ReceiverKey
    let other: ReceiverKey

    beforeEach(async () => {
      node = `node.a-${randomUUID()}`
      other = `node.b-${randomUUID()}`
      harness = await makeBus({ receivers: [node, other], reportTtlMs })
      bus = harness.bus
    })
    afterEach(async () => {
      await bus.close()
      await harness.remove?.()
    })

    const desired = (n: number, more: object = {}): BusMessage & { n: number } => ({
      type: 'desired.node.v1',
      n,
      ...more,
    })
    const report = (n: number) => ({ type: 'report.node.v1', n })
    const fact = (id: string) => ({ type: 'fact.instance.v1', id })
    const factKey = (): FactKey => `${node}.instance.ready`

    describe('desired', () => {
      it('brings a copy of the whole document with its key', async () => {
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
        for (let n = 1; n <= 20; n++) await bus.publishDesired(node, desired(n))
        const seen = recorder()
        await bus.subscribeDesired(node, seen.take)
        await eventually(() => expect(seen.numbers()).toEqual([20]))
        await bus.publishDesired(node, desired(21))
        await eventually(() => expect(seen.numbers()).toEqual([20, 21]))
      })

      it('gives a slow receiver one document at a time, and then only the newest', async () => {
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
        const seen = recorder()
        const seenByOther = recorder()
        await bus.subscribeDesired(node, seen.take)
        await bus.subscribeDesired(other, seenByOther.take)
        await bus.publishDesired(node, desired(1))
        await bus.publishDesired(other, desired(2))
        await eventually(() => expect([seen.numbers(), seenByOther.numbers()]).toEqual([[1], [2]]))
      })

      it('goes on after a handler that failed', async () => {
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
        const before = recorder()
        await (await bus.subscribeDesired(node, before.take)).stop()
        await bus.publishDesired(node, desired(1))
        const after = recorder()
        await bus.subscribeDesired(node, after.take)
        await eventually(() => expect(after.numbers()).toEqual([1]))
        expect(before.all).toEqual([])
      })
    })

    describe('reports', () => {
      it('come from all receivers, each under its key', async () => {
        const seen = recorder()
        await bus.subscribeReports(seen.take)
        await bus.publishReport(node, report(1))
        await bus.publishReport(other, report(2))
        await eventually(() => expect(seen.numbers().sort()).toEqual([1, 2]))
        expect(seen.all.find(({ key }) => key === other)?.body).toEqual(report(2))
      })

      it('go on after a handler that failed', async () => {
        const seen = recorder()
        await bus.subscribeReports((delivery) => {
          seen.take(delivery)
          throw new Error('store is down')
        })
        await bus.publishReport(node, report(1))
        await bus.publishReport(node, report(2))
        await eventually(() => expect(seen.numbers()).toEqual([1, 2]))
      })

      it('vanish when nobody took them in time', async () => {
        await bus.publishReport(node, report(1))
        await new Promise((resolve) => setTimeout(resolve, 2 * reportTtlMs))
        const seen = recorder()
        await bus.publishReport(node, report(2))
        await bus.subscribeReports(seen.take)
        await eventually(() => expect(seen.numbers()).toContain(2))
        expect(seen.numbers()).toEqual([2])
      })
    })

    describe('facts', () => {
      it('wait until somebody takes them, and are all taken', async () => {
        const ids = Array.from({ length: 200 }, (_, index) => `f${index}`)
        await Promise.all(ids.map((id) => bus.publishFact(factKey(), fact(id))))
        const seen = recorder()
        await bus.subscribeFacts(seen.take, { prefetch: 16 })
        await eventually(() => expect(new Set(seen.ids())).toEqual(new Set(ids)))
        expect(seen.all[0]?.key).toBe(factKey())
      })

      it('come again after a retryable failure until they are handled, and are never dead for that', async () => {
        const dead = await deadOf(bus)
        const seen = recorder()
        await bus.subscribeFacts((delivery) => {
          seen.take(delivery)
          if (seen.all.length < 4)
            throw new Error('writing', { cause: new ProblemError('unavailable', 'store is down') })
        })
        await bus.publishFact(factKey(), fact('f1'))
        await bus.publishFact(factKey(), fact('f2'))
        await eventually(() => expect(seen.ids()).toContain('f2'))
        expect(seen.ids()).toEqual(['f1', 'f1', 'f1', 'f1', 'f2'])
        expect(seen.all.map(({ redelivered }) => redelivered)).toEqual([false, true, true, true, false])
        expect(dead).toEqual([])
      })

      it('are dead after any other failure, with the reason, and the next one is handled', async () => {
        const dead = await deadOf(bus)
        const seen = recorder()
        await bus.subscribeFacts((delivery) => {
          if (seen.take(delivery) === 1) throw new Error('bad fact', { cause: new Error('no such instance') })
        })
        await bus.publishFact(factKey(), fact('f1'))
        await bus.publishFact(factKey(), fact('f2'))
        await eventually(() => expect(seen.ids()).toEqual(['f1', 'f2']))
        await eventually(() => expect(dead).toHaveLength(1))
        expect(dead[0]).toEqual({
          key: factKey(),
          reason: 'bad fact: no such instance',
          text: JSON.stringify(fact('f1')),
        })
      })

      it.each(['not json', '"text"', 'null', '{"id":"no type"}'])('are dead when they are %p', async (text) => {
        const seen = recorder()
        await bus.subscribeFacts(seen.take)
        await harness.publishFactBytes(factKey(), Buffer.from(text))
        await bus.publishFact(factKey(), fact('good'))
        await eventually(() => expect(seen.ids()).toEqual(['good']))
        const dead = await deadOf(bus)
        await eventually(() => expect(dead.map((one) => one.text)).toEqual([text]))
        expect(dead[0]?.reason).not.toBe('')
      })

      it('are not lost by a subscriber that stops with one in hand', async () => {
        const before = recorder()
        const subscription = await bus.subscribeFacts((delivery) => {
          before.take(delivery)
          throw new ProblemError('unavailable', 'store is down')
        })
        await bus.publishFact(factKey(), fact('f1'))
        await eventually(() => expect(before.all.length).toBeGreaterThan(0))
        await subscription.stop()
        const after = recorder()
        await bus.subscribeFacts(after.take)
        await eventually(() => expect(after.ids()).toEqual(['f1']))
        expect(after.all[0]?.redelivered).toBe(true)
      })

      it('are handled no more than the prefetch at a time', async () => {
        let running = 0
        let most = 0
        const seen = recorder()
        await bus.subscribeFacts(
          async (delivery) => {
            most = Math.max(most, ++running)
            await new Promise((resolve) => setImmediate(resolve))
            running -= 1
            seen.take(delivery)
          },
          { prefetch: 4 },
        )
        for (let n = 0; n < 40; n++) await bus.publishFact(factKey(), fact(`f${n}`))
        await eventually(() => expect(seen.all).toHaveLength(40))
        expect(most).toBeLessThanOrEqual(4)
      })
    })

    it('stops a subscription only after the handler that runs has ended', async () => {
      const gate = makeGate()
      const steps: string[] = []
      const subscription = await bus.subscribeReports(async () => {
        steps.push('begun')
        await gate.opened
        steps.push('ended')
      })
      await bus.publishReport(node, report(1))
      await eventually(() => expect(steps).toEqual(['begun']))
      const stopped = subscription.stop().then(() => steps.push('stopped'))
      gate.open()
      await stopped
      expect(steps).toEqual(['begun', 'ended', 'stopped'])
    })

    it('answers its probe until it is closed, and then takes nothing more', async () => {
      await bus.probe()
      await bus.close()
      await bus.close()
      await expect(bus.probe()).rejects.toThrow()
      await expect(bus.publishFact(factKey(), fact('late'))).rejects.toThrow()
      await expect(bus.publishDesired(node, desired(1))).rejects.toThrow()
    })

    if (hasBroker) {
      it('keeps confirmed facts and desired documents over a restart of the broker', async () => {
        await bus.publishFact(factKey(), fact('f1'))
        await bus.publishDesired(node, desired(1))
        await harness.restart?.()
        const seen = recorder()
        await eventually(() => bus.probe())
        await bus.subscribeFacts(seen.take)
        await bus.subscribeDesired(node, seen.take)
        await eventually(() => expect(seen.ids()).toContain('f1'))
        await eventually(() => expect(seen.numbers()).toContain(1))
      })
    }
  })
}

function recorder() {
  const all: Delivery[] = []
  const field = (name: string) => all.map(({ body }) => (body as unknown as Record<string, unknown>)[name])
  return {
    all,
    /** Gives how many there are now. */
    take: (delivery: Delivery) => all.push(delivery) as number & void,
    numbers: () => field('n') as number[],
    ids: () => field('id') as string[],
  }
}

function makeGate() {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { opened: promise, open: resolve }
}

async function deadOf(bus: Bus): Promise<DeadFact[]> {
  const dead: DeadFact[] = []
  await bus.subscribeDead((fact) => void dead.push(fact))
  return dead
}
