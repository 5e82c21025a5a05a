import { fakeClock } from '@bramble/kit'
import { openLedger } from '../ledger/ledger.ts'
import { memoryStorage } from '../ledger/memory-storage.ts'
import { bootClockOf } from '../world.fixture.ts'
import { systemBootClock } from './boot-clock.ts'
import { createLease } from './lease.ts'

async function makeLease() {
  const clock = fakeClock()
  const storage = memoryStorage()
  const start = async (bootId = 'boot-1', time = clock) =>
    createLease(await openLedger(storage), bootClockOf(time, bootId))
  return { clock, start, lease: await start() }
}

describe('a lease', () => {
  it('counts from the send of the report that was heard, not from when that was learned', async () => {
    const { clock, lease } = await makeLease()
    expect(lease.silentMs()).toBe(Infinity)
    const first = lease.number()
    clock.advance(10_000)
    lease.number()
    clock.advance(7000)
    await lease.renew(first)
    expect(lease.silentMs()).toBe(17_000)
  })

  it('never goes back to an earlier report', async () => {
    const { clock, lease } = await makeLease()
    const numbers = [lease.number()]
    clock.advance(5000)
    numbers.push(lease.number())
    await lease.renew(numbers[1])
    await lease.renew(numbers[0])
    await lease.renew(undefined)
    expect(lease.silentMs()).toBe(0)
  })

  it.each([
    ['another run', { session: 'other', sequence: 1 }],
    ['the future', { session: '', sequence: 99 }],
  ])('is not renewed by a report of %s', async (_what, heard) => {
    const { lease } = await makeLease()
    const { session } = lease.number()
    await lease.renew({ ...heard, session: heard.session || session })
    expect(lease.silentMs()).toBe(Infinity)
  })

  it('is not renewed by a report so old that nothing may run', async () => {
    const { clock, lease } = await makeLease()
    const old = lease.number()
    clock.advance(90_001)
    lease.number()
    await lease.renew(old)
    expect(lease.silentMs()).toBe(Infinity)
  })

  it('numbers the reports of a run from 1 on', async () => {
    const { lease, start } = await makeLease()
    expect([lease.number().sequence, lease.number().sequence]).toEqual([1, 2])
    const next = (await start()).number()
    expect(next.sequence).toBe(1)
    expect(next.session).not.toBe(lease.number().session)
  })
})

describe('a lease after a restart', () => {
  it('goes on counting', async () => {
    const { clock, lease, start } = await makeLease()
    await lease.renew(lease.number())
    clock.advance(30_000)
    expect((await start()).silentMs()).toBe(30_000)
  })

  it('of the host is over', async () => {
    const { lease, start } = await makeLease()
    await lease.renew(lease.number())
    expect((await start('boot-2')).silentMs()).toBe(Infinity)
  })

  it('is over where the clock has gone back, as that of a container may', async () => {
    const { clock, lease, start } = await makeLease()
    clock.advance(1000)
    await lease.renew(lease.number())
    expect((await start('boot-1', fakeClock())).silentMs()).toBe(Infinity)
  })
})

it('the boot clock goes on, under the name of this boot', async () => {
  const clock = systemBootClock()
  const before = clock.nowMs()
  expect(clock.bootId).toMatch(/^[0-9a-f-]{36}$/)
  expect(systemBootClock().bootId).toBe(clock.bootId)
  await new Promise((resolve) => setTimeout(resolve, 30))
  expect(clock.nowMs() - before).toBeGreaterThanOrEqual(10)
})
