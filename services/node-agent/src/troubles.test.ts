import { createLogger, fakeClock } from '@bramble/kit'
import { createTroubles } from './troubles.ts'

function make() {
  const clock = fakeClock()
  const lines: string[] = []
  const write = (line: string) => void lines.push((JSON.parse(line) as { msg: string }).msg)
  return { clock, lines, troubles: createTroubles({ clock, logger: createLogger({ component: 't', to: { write } }) }) }
}

describe('troubles', () => {
  it('are told while they last, since when and why, and logged once', () => {
    const { clock, lines, troubles } = make()
    expect(troubles.list()).toEqual([])
    for (let n = 0; n < 3; n++) {
      troubles.note('broker unreachable', 'ECONNREFUSED')
      clock.advance(1000)
    }
    expect(troubles.list()).toEqual(['broker unreachable since 2026-01-01T00:00:00.000Z: ECONNREFUSED'])
    expect(lines).toEqual(['broker unreachable: ECONNREFUSED'])
  })

  it('keep their beginning when the reason changes, which is logged', () => {
    const { clock, lines, troubles } = make()
    troubles.note('broker unreachable', 'ECONNREFUSED')
    clock.advance(1000)
    troubles.note('broker unreachable', 'timed out')
    expect(troubles.list()).toEqual(['broker unreachable since 2026-01-01T00:00:00.000Z: timed out'])
    expect(lines).toHaveLength(2)
  })

  it('are told for ten minutes after they ended', () => {
    const { clock, lines, troubles } = make()
    troubles.note('broker unreachable', 'ECONNREFUSED')
    clock.advance(5000)
    troubles.note('broker unreachable', undefined)
    troubles.note('broker unreachable', undefined)
    const told = 'broker unreachable from 2026-01-01T00:00:00.000Z until 2026-01-01T00:00:05.000Z: ECONNREFUSED'
    expect(troubles.list()).toEqual([told])
    expect(lines).toEqual(['broker unreachable: ECONNREFUSED', 'no longer broker unreachable'])
    clock.advance(600_000)
    expect(troubles.list()).toEqual([])
  })

  it('begin anew after an end', () => {
    const { clock, troubles } = make()
    troubles.note('broker unreachable', 'a')
    troubles.note('broker unreachable', undefined)
    clock.advance(1000)
    troubles.note('broker unreachable', 'a')
    expect(troubles.list()).toEqual(['broker unreachable since 2026-01-01T00:00:01.000Z: a'])
  })
})
