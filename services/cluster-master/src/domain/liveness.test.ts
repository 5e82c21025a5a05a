import type { NodeId } from '@bramble/contracts'
import { freezesOf, livenessAfter } from './liveness.ts'
import type { Silence } from './liveness.ts'

describe('liveness', () => {
  it.each([
    ['ready', 29_999, 'ready'],
    ['ready', 30_000, 'suspect'],
    ['suspect', 119_999, 'suspect'],
    ['suspect', 120_000, 'lost'],
    ['lost', 0, 'lost'],
    ['suspect', 0, 'suspect'],
  ] as const)('%s after %i ms is %s', (now, silentMs, next) =>
    expect(livenessAfter(silentMs, now, { isHeld: false })).toBe(next),
  )

  it.each([
    ['ready', 'suspect'],
    ['suspect', 'suspect'],
    ['lost', 'lost'],
  ] as const)('%s in a cluster that is held is %s, however long it is silent', (now, next) =>
    expect(livenessAfter(10_000_000, now, { isHeld: true })).toBe(next),
  )
})

describe('a freeze', () => {
  const nodes = (count: number, more: Partial<Silence> = {}): Silence[] =>
    Array.from({ length: count }, (_, n) => ({
      id: `n${n}` as NodeId,
      cluster: 'a',
      admission: 'approved',
      liveness: 'ready',
      silentMs: 0,
      ...more,
    }))
  const silent = (count: number, more: Partial<Silence> = {}) =>
    nodes(count, { liveness: 'suspect', silentMs: 40_000, ...more })

  it.each([
    ['6 of 10', [...silent(6), ...nodes(4)], { silent: 6, of: 10 }],
    ['11 of 20, 55 %', [...silent(11), ...nodes(9)], { silent: 11, of: 20 }],
    ['10 of 20', [...silent(10), ...nodes(10)], undefined],
    ['all 3', silent(3), { silent: 3, of: 3 }],
    ['2 of 3: two may well fail at once', [...silent(2), ...nodes(1)], undefined],
    ['3 that are not suspect yet', [...nodes(3, { silentMs: 30_000 })], { silent: 3, of: 3 }],
    [
      '3 of 4 beside 6 that were lost before',
      [...silent(3), ...nodes(1), ...silent(6, { liveness: 'lost' })],
      { silent: 3, of: 4 },
    ],
    ['3 lost ones', silent(3, { liveness: 'lost' }), undefined],
    [
      '3 of 4 beside 6 that were never approved',
      [...silent(3), ...nodes(1), ...nodes(6, { admission: 'seen' })],
      { silent: 3, of: 4 },
    ],
    [
      '3 of 4 beside 6 of another cluster',
      [...silent(3), ...nodes(1), ...nodes(6, { cluster: 'b' })],
      { silent: 3, of: 4 },
    ],
    ['none', nodes(5), undefined],
  ] as const)('%s', (_what, all, freeze) => expect(freezesOf(all).get('a')).toEqual(freeze))
})
