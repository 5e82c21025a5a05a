import type { Timestamp } from '@bramble/contracts'
import { fakeClock } from './fake-clock.ts'
import { addMs, laterOf, msBetween, systemClock } from './time.ts'

const at = '2026-01-31T23:59:59.500Z' as Timestamp

describe('timestamps', () => {
  it('move and measure', () => {
    expect(addMs(at, 500)).toBe('2026-02-01T00:00:00.000Z')
    expect(msBetween(at, addMs(at, -1500))).toBe(-1500)
  })

  it('have a later one', () => {
    const later = addMs(at, 1)
    expect([laterOf(at, later), laterOf(later, at), laterOf(at, at)]).toEqual([later, later, at])
  })
})

describe('fakeClock', () => {
  it('calls what is due in order of time, also what is added on the way', () => {
    const clock = fakeClock(at)
    const calls: string[] = []
    clock.after(30, () => calls.push('c'))
    clock.after(10, () => {
      calls.push(`a at ${clock.monotonicMs()}`)
      clock.after(10, () => calls.push('b'))
    })
    clock.after(25, () => calls.push('cancelled'))()
    clock.advance(29)
    expect(calls).toEqual(['a at 10', 'b'])
    clock.advance(1)
    expect(calls).toEqual(['a at 10', 'b', 'c'])
    expect(clock.now()).toBe(addMs(at, 30))
  })
})

describe('systemClock', () => {
  it('tells RFC 3339 and cancels timers', async () => {
    expect(systemClock.now()).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    const calls: string[] = []
    systemClock.after(0, () => calls.push('cancelled'))()
    await new Promise<void>((resolve) => systemClock.after(1, resolve))
    expect(calls).toEqual([])
  })
})
