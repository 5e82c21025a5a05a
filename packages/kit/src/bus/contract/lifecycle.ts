import { eventually } from '../../eventually.ts'
import { desired, fact, makeGate, recorder, report } from './fixture.ts'
import type { BusFixture } from './fixture.ts'

export function lifecycleContract(of: () => BusFixture, hasBroker: boolean): void {
  it('stops a subscription only after the handler that runs has ended', async () => {
    const { bus, node } = of()
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
    await roundTrip(of())
    expect(steps).toEqual(['begun'])
    gate.open()
    await stopped
    expect(steps).toEqual(['begun', 'ended', 'stopped'])
  })

  it('names what carries it', async () => {
    const { bus } = of()
    await bus.probe()
    expect(bus.about()).toMatchObject(
      hasBroker
        ? { product: 'RabbitMQ', version: expect.stringMatching(/^\d/), host: expect.stringMatching(/:\d+$/) }
        : { product: 'in process' },
    )
    expect(bus.about()?.host ?? '').not.toContain('@')
  })

  it('answers its probe until it is closed, and then takes nothing more', async () => {
    const { bus, node, factKey } = of()
    await bus.probe()
    await bus.close()
    await bus.close()
    await expect(bus.probe()).rejects.toThrow()
    await expect(bus.publishFact(factKey, fact('late'))).rejects.toThrow()
    await expect(bus.publishDesired(node, desired(1))).rejects.toThrow()
  })

  if (hasBroker) {
    it('keeps confirmed facts and desired documents over a restart of the broker', async () => {
      const { harness, bus, node, factKey } = of()
      await bus.publishFact(factKey, fact('f1'))
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
}

/** Gives everything that is to come of an earlier call the time that one message takes. */
async function roundTrip({ bus, other }: BusFixture): Promise<void> {
  const seen = recorder()
  await bus.subscribeDesired(other, seen.take)
  await bus.publishDesired(other, desired(0))
  await eventually(() => expect(seen.numbers()).toEqual([0]))
}
