import { fakeClock } from '../fake-clock.ts'
import { eventually } from '../eventually.ts'
import { silentLogger } from '../log/logger.ts'
import { createInProcessBus } from './in-process-bus.ts'

const report = (n: number) => ({ type: 'report.node.v1', n })

describe('createInProcessBus', () => {
  it('never calls a receiver within the call that published', async () => {
    const bus = createInProcessBus({ logger: silentLogger() })
    const seen: string[] = []
    await bus.subscribeReports(() => void seen.push('report'))
    await bus.publishReport('node.a', report(1))
    expect(seen).toEqual([])
    await eventually(() => expect(seen).toEqual(['report']))
    await bus.close()
  })

  it('confirms a fact when it was handled, or is dead', async () => {
    const bus = createInProcessBus({ logger: silentLogger() })
    const steps: string[] = []
    const told = ['good', 'bad'].map((id) =>
      bus.publishFact('node.a.instance.ready', { type: 'fact', id } as never).then(() => void steps.push(`${id} told`)),
    )
    await new Promise((resolve) => setImmediate(resolve))
    expect(steps).toEqual([])
    await bus.subscribeFacts(async ({ body }) => {
      await new Promise((resolve) => setImmediate(resolve))
      const { id } = body as unknown as { id: string }
      steps.push(`${id} taken`)
      if (id === 'bad') throw new Error('no such instance')
    })
    await Promise.all(told)
    expect(steps).toEqual(['good taken', 'good told', 'bad taken', 'bad told'])
    await bus.close()
  })

  it('confirms no fact that nobody had handled when it was closed', async () => {
    const bus = createInProcessBus({ logger: silentLogger() })
    const told = bus.publishFact('node.a.instance.ready', { type: 'fact' })
    const refused = expect(told).rejects.toMatchObject({ code: 'unavailable' })
    await bus.close()
    await refused
  })

  it('lets reports live for three heartbeats', async () => {
    const clock = fakeClock()
    const bus = createInProcessBus({ logger: silentLogger(), clock })
    await bus.publishReport('node.a', report(1))
    clock.advance(15_000)
    await bus.publishReport('node.a', report(2))
    clock.advance(15_000)
    const seen: unknown[] = []
    await bus.subscribeReports(({ body }) => void seen.push(body))
    await eventually(() => expect(seen).toEqual([report(2)]))
    await bus.close()
  })

  it('refuses a second subscriber of the same queue until the first has stopped', async () => {
    const bus = createInProcessBus({ logger: silentLogger() })
    const first = await bus.subscribeFacts(() => undefined)
    await expect(bus.subscribeFacts(() => undefined)).rejects.toThrow('has a subscriber already')
    await first.stop()
    await bus.subscribeFacts(() => undefined)
    await bus.close()
  })
})
