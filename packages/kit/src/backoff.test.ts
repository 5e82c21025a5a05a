import fc from 'fast-check'
import { backoffMs } from './backoff.ts'

const rule = { initialMs: 100, maxMs: 5000 }

describe('backoffMs', () => {
  it.each([
    [1, 100],
    [2, 200],
    [6, 3200],
    [7, 5000],
    [5000, 5000],
  ])('after %i failures waits at most %i ms', (failures, ms) => expect(backoffMs(failures, rule, () => 0)).toBe(ms))

  it('stays within a quarter below the full wait', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (failures, random) => {
          const fullMs = backoffMs(failures, rule, () => 0)
          const ms = backoffMs(failures, rule, () => random)
          expect(ms).toBeGreaterThanOrEqual(Math.floor(fullMs * 0.75))
          expect(ms).toBeLessThanOrEqual(fullMs)
        },
      ),
    )
  })
})
