import { fakeClock, silentLogger } from '@bramble/kit'
import { giveBackMemory } from './give-back-memory.ts'

it('is told once, a minute after the start', async () => {
  const clock = fakeClock()
  const told: unknown[] = []
  const collect = (async (how: unknown) => void told.push(how)) as unknown as NonNullable<typeof globalThis.gc>
  const task = giveBackMemory({ clock, startedAtMs: clock.monotonicMs(), logger: silentLogger() }, collect)
  const seen: number[] = []
  for (const seconds of [0, 50, 10, 600]) {
    clock.advance(seconds * 1000)
    await task.run(new AbortController().signal)
    seen.push(told.length)
  }
  expect(seen).toEqual([0, 0, 1, 1])
  expect(told).toEqual([{ type: 'major', execution: 'async', flavor: 'last-resort' }])
})
