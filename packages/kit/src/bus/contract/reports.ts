import { eventually } from '../../eventually.ts'
import { recorder, report, reportTtlMs } from './fixture.ts'
import type { BusFixture } from './fixture.ts'

export function reportsContract(of: () => BusFixture): void {
  describe('reports', () => {
    it('come from all receivers, each under its key', async () => {
      const { bus, node, other } = of()
      const seen = recorder()
      await bus.subscribeReports(seen.take)
      await bus.publishReport(node, report(1))
      await bus.publishReport(other, report(2))
      await eventually(() => expect(seen.numbers().sort()).toEqual([1, 2]))
      expect(seen.all.find(({ key }) => key === other)?.body).toEqual(report(2))
    })

    it('go on after a handler that failed', async () => {
      const { bus, node } = of()
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
      const { bus, node } = of()
      await bus.publishReport(node, report(1))
      await new Promise((resolve) => setTimeout(resolve, 2 * reportTtlMs))
      const seen = recorder()
      await bus.publishReport(node, report(2))
      await bus.subscribeReports(seen.take)
      await eventually(() => expect(seen.numbers()).toContain(2))
      expect(seen.numbers()).toEqual([2])
    })
  })
}
