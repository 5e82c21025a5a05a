// Whatever messages and processes do, an instance that is replaced never runs twice; and once all is well again, it runs.
//
// What is relied on is said by the scenarios: a VM that is to end does so within 8 s, and where its agent is dead it is
// ended by scripts/lib/end-expired. Messages take any time.
// Broken builds that this catches are here too, each with a lease of its own.
import fc from 'fast-check'
import { createLease } from '../../services/node-agent/src/lease/lease.ts'
import { nodeNames, simulate } from '../shared/simulation/simulate.ts'
import type { Fault, Scenario } from '../shared/simulation/simulate.ts'
import type { MakeLease } from '../shared/simulation/simulated-agent.ts'
import type { Disturbance } from '../shared/simulation/simulated-network.ts'

const numRuns = process.env['BRAMBLE_FULL'] ? 1000 : 25

const node = fc.nat({ max: nodeNames.length - 1 })
const disturbance: fc.Arbitrary<Disturbance> = fc.record({
  node,
  way: fc.constantFrom('up' as const, 'down' as const),
  fromS: fc.integer({ min: 0, max: 250 }),
  forS: fc.integer({ min: 5, max: 250 }),
  effect: fc.oneof(fc.constant('lost' as const), fc.record({ delayS: fc.integer({ min: 5, max: 200 }) })),
})
const atS = fc.integer({ min: 10, max: 400 })
const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({ kind: fc.constant('master' as const), atS, downS: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ kind: fc.constant('agent' as const), atS, downS: fc.integer({ min: 1, max: 250 }), node }),
  fc.record({ kind: fc.constant('host' as const), atS, downS: fc.integer({ min: 5, max: 300 }), node }),
)
/** One process is not killed again before it is back. */
const isApart = (faults: Fault[]) =>
  faults.every((a, i) =>
    faults.every((b, j) => i <= j || whose(a) !== whose(b) || a.atS > b.atS + b.downS || b.atS > a.atS + a.downS),
  )
const whose = (it: Fault) => (it.kind === 'master' ? 'master' : it.node)

const scenario: fc.Arbitrary<Scenario> = fc.record({
  disturbances: fc.array(disturbance, { maxLength: 8 }),
  faults: fc.array(fault, { maxLength: 4 }).filter(isApart),
  latenciesMs: fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 20 }),
  stopAfterSeconds: fc.integer({ min: 45, max: 90 }),
  startMs: fc.integer({ min: 0, max: 40_000 }),
  endMs: fc.integer({ min: 0, max: 8000 }),
  hasEndExpired: fc.constant(true),
})

/** The first node is told late, and from some moment on not heard: what a lease is made for. */
const lateThenDeaf = fc
  .record({
    scenario,
    delayS: fc.integer({ min: 5, max: 200 }),
    deafFromS: fc.integer({ min: 20, max: 120 }),
  })
  .map(({ scenario, delayS, deafFromS }): Scenario => {
    const late: Disturbance = { node: 0, way: 'down', fromS: 0, forS: 400, effect: { delayS } }
    const deaf: Disturbance = { node: 0, way: 'up', fromS: deafFromS, forS: 400, effect: 'lost' }
    return { ...scenario, disturbances: [late, deaf, ...scenario.disturbances] }
  })

const calm: Scenario = {
  disturbances: [],
  faults: [],
  latenciesMs: [10],
  stopAfterSeconds: 60,
  startMs: 1000,
  endMs: 1000,
  hasEndExpired: true,
}

/**
 * The first node hears of its instance only when that waits for a place elsewhere, and is heard itself by then: whatever
 * still named the instance to it would let it start.
 */
const backWhileItWaits: Scenario = {
  ...calm,
  startMs: 0,
  endMs: 5000,
  disturbances: [
    { node: 0, way: 'down', fromS: 0, forS: 100, effect: { delayS: 125 } },
    { node: 0, way: 'up', fromS: 20, forS: 130, effect: 'lost' },
  ],
  faults: [{ kind: 'host', atS: 2, downS: 230, node: 2 }],
}

describe('an instance that is replaced', () => {
  it('never runs twice, and runs once all is well again', async () => {
    let replacements = 0
    const property = fc.asyncProperty(fc.oneof(scenario, lateThenDeaf), async (given) => {
      const outcome = await simulate(given)
      replacements += outcome.replacements
      expect(outcome.violations).toEqual([])
      expect(outcome.end).toEqual(outcome.end.map(({ name }) => ({ name, alive: 1, phase: 'running' })))
    })
    await fc.assert(property, { numRuns, examples: [[backWhileItWaits]] })
    // Scenarios in which nothing happens would prove nothing.
    expect(replacements).toBeGreaterThan(numRuns / 5)
  }, 600_000)

  it('is not replaced while all is well', async () => {
    expect(await simulate(calm)).toMatchObject({ violations: [], replacements: 0 })
  })
})

describe('a broken build is caught:', () => {
  /** What the first node is told comes late; from some moment on it is not heard. */
  const late: Scenario = {
    ...calm,
    disturbances: [
      { node: 0, way: 'up', fromS: 60, forS: 300, effect: 'lost' },
      { node: 0, way: 'down', fromS: 0, forS: 300, effect: { delayS: 100 } },
    ],
  }
  const cut: Scenario = {
    ...calm,
    hasEndExpired: false,
    disturbances: (['up', 'down'] as const).map((way) => ({ node: 0, way, fromS: 60, forS: 300, effect: 'lost' })),
    faults: [100, 150].map((atS) => ({ kind: 'agent', atS, downS: 5, node: 0 })),
  }

  /** The lease with another idea of how long the master was silent. */
  const countingFromReceipt: MakeLease = (ledger, clock) => {
    let receivedMs = -Infinity
    const lease = createLease(ledger, clock)
    return {
      ...lease,
      renew: (heard) => {
        if (heard) receivedMs = clock.nowMs()
        return lease.renew(heard)
      },
      silentMs: () => clock.nowMs() - receivedMs,
    }
  }
  const countingFromItsStart: MakeLease = (ledger, clock) => {
    const startedMs = clock.nowMs()
    const lease = createLease(ledger, clock)
    return { ...lease, silentMs: () => Math.min(lease.silentMs(), clock.nowMs() - startedMs) }
  }
  const neverEnding: MakeLease = (ledger, clock) => ({ ...createLease(ledger, clock), silentMs: () => 0 })

  it.each([
    ['one that counts from the receipt of a document', countingFromReceipt, late],
    ['one that counts from the start of the agent', countingFromItsStart, cut],
    ['one that never ends an instance', neverEnding, cut],
  ])('%s', async (_what, broken, given) => {
    expect((await simulate(given)).violations).toEqual([])
    expect((await simulate(given, broken)).violations).not.toEqual([])
  })

  it('one that counts from the receipt of a document, by scenarios that nobody chose', async () => {
    const property = fc.asyncProperty(lateThenDeaf, async (given) => {
      expect((await simulate(given, countingFromReceipt)).violations).toEqual([])
    })
    const { failed } = await fc.check(property, { numRuns: 100, endOnFailure: true })
    expect(failed).toBe(true)
  }, 600_000)
})
