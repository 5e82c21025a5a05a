import { setImmediate } from 'node:timers/promises'
import { heartbeatMs } from '@bramble/contracts'
import type { NodeId, ReportNode } from '@bramble/contracts'
import { fakeClock, silentLogger } from '@bramble/kit'
import { captureOf, instanceOf, recordOf, slotFor, stateOf } from '../world.fixture.ts'
import { createReporter } from './reporter.ts'
import { urgencyOf } from './urgency.ts'

/** A reporter whose first report was sent long ago. */
async function quietReporter() {
  const clock = fakeClock()
  const sentAtMs: number[] = []
  const bus = { publishReport: async () => void sentAtMs.push(clock.monotonicMs()) }
  const build = async () => ({}) as ReportNode
  const reporter = createReporter({ node: 'n' as NodeId, bus, build, clock, logger: silentLogger() })
  const advance = async (ms: number) => {
    for (let at = 0; at <= ms; at++) {
      clock.advance(at === 0 ? 0 : 1)
      await setImmediate()
    }
  }
  reporter.start()
  await advance(1000)
  const sent = () => sentAtMs.splice(0).map((ms) => ms - 1000)
  sent()
  return { reporter, advance, sent }
}

describe('the reporter', () => {
  it('tells progress soon, all of it together', async () => {
    const { reporter, advance, sent } = await quietReporter()
    for (let n = 0; n < 5; n++) reporter.note('soon')
    await advance(200)
    expect(sent()).toEqual([100])
  })

  it('tells progress at most four times a second', async () => {
    const { reporter, advance, sent } = await quietReporter()
    for (let n = 0; n < 100; n++) {
      reporter.note('soon')
      await advance(10)
    }
    expect(sent()).toEqual([100, 350, 600, 850])
  })

  it('tells at once what somebody waits for, also just after progress', async () => {
    const { reporter, advance, sent } = await quietReporter()
    reporter.note('soon')
    await advance(110)
    reporter.note('soon')
    reporter.note('now')
    await advance(200)
    expect(sent()).toEqual([100, 110])
  })

  it('tells a burst of what is waited for together', async () => {
    const { reporter, advance, sent } = await quietReporter()
    for (let n = 0; n < 40; n++) {
      reporter.note('now')
      await advance(10)
    }
    expect(sent()).toEqual([0, 250])
  })

  it('tells nothing that reports do not hold, and reports every heartbeat all the same', async () => {
    const { reporter, advance, sent } = await quietReporter()
    reporter.note('never')
    await advance(heartbeatMs)
    expect(sent()).toHaveLength(1)
  })
})

describe('the urgency of a write', () => {
  const a = instanceOf(1)
  const [ready, failed] = [recordOf(a, stateOf('ready', slotFor(1))), recordOf(a, stateOf('failed', slotFor(1)))]
  const allocated = recordOf(a, stateOf('allocated', slotFor(1)))
  const told = { ...ready, untold: [] }
  const capture = { capture: captureOf(1, a) }
  const interrupted = { ...capture, outcome: { status: 'failed', problem: {} as never } } as const

  it.each([
    ['a new document', { kind: 'desired' }, 'soon'],
    ['a slot', { kind: 'instance', id: a.id, before: undefined, after: allocated }, 'soon'],
    ['an answer of the guest', { kind: 'instance', id: a.id, before: allocated, after: ready }, 'now'],
    ['a failure', { kind: 'instance', id: a.id, before: allocated, after: failed }, 'now'],
    ['a fact that was told', { kind: 'instance', id: a.id, before: ready, after: told }, 'never'],
    ['an instance that is gone', { kind: 'instance', id: a.id, before: ready, after: undefined }, 'now'],
    ['a capture begun', { kind: 'capture', after: capture }, 'soon'],
    ['a capture ended', { kind: 'capture', after: interrupted }, 'now'],
    ['a capture forgotten', { kind: 'capture', after: undefined }, 'soon'],
  ] as const)('%s', (_what, written, urgency) => expect(urgencyOf(written)).toBe(urgency))
})
