import fc from 'fast-check'
import { median, minimum, quantile } from './statistics.ts'

const numbers = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 50 })

describe('quantile', () => {
  it.each([
    [[5], 0.99, 5],
    [[3, 1, 2], 0.5, 2],
    [[4, 1, 3, 2], 0.5, 2.5],
    [[0, 10], 0.9, 9],
    [[10, 2, 1], 1, 10],
  ])('of %j at %d is %d', (values, share, expected) => expect(quantile(values, share)).toBeCloseTo(expected))

  it('has no answer for nothing', () => expect(() => quantile([], 0.5)).toThrow(RangeError))

  it('leaves its input as it was, and lies within it', () =>
    fc.assert(
      fc.property(numbers, fc.double({ min: 0, max: 1, noNaN: true }), (values, share) => {
        const before = [...values]
        const found = quantile(values, share)
        expect(values).toEqual(before)
        expect(found).toBeGreaterThanOrEqual(Math.min(...values))
        expect(found).toBeLessThanOrEqual(Math.max(...values))
      }),
    ))

  it('has half of the values on either side of the median', () =>
    fc.assert(
      fc.property(numbers, (values) => {
        const middle = median(values)
        const below = values.filter((value) => value < middle).length
        const above = values.filter((value) => value > middle).length
        expect(Math.abs(below - above)).toBeLessThanOrEqual(values.filter((value) => value === middle).length)
        expect(minimum(values)).toBe(Math.min(...values))
      }),
    ))
})
