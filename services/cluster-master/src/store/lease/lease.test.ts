import { fakeClock, silentLogger } from '@bramble/kit'
import type { FakeClock } from '@bramble/kit'
import { holdLease } from '../lease.ts'
import type { Lease, LeaseRecord, LeaseState } from '../lease.ts'

const logger = silentLogger()
let clock: FakeClock
let stored: LeaseState | undefined
let isDown: boolean
/** Writes are done and their answers lost. */
let losesAnswers: boolean

const record: LeaseRecord = {
  read: async () => {
    if (isDown) throw new Error('down')
    return stored
  },
  write: async (next, before) => {
    if (isDown) throw new Error('down')
    if (stored?.session !== before?.session || stored?.beat !== before?.beat) return false
    stored = next
    if (losesAnswers) throw new Error('no answer')
    return true
  },
  clear: async () => void (stored = undefined),
}

beforeEach(() => {
  clock = fakeClock()
  stored = undefined
  isDown = losesAnswers = false
})

/** Moves the clock on in small steps, so that what waits for an answer gets it in between. */
async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 100) {
    clock.advance(100)
    await new Promise(setImmediate)
  }
}

function start(holder: string) {
  const master = { lease: undefined as Lease | undefined, waitedFor: [] as string[], lostTo: [] as string[] }
  const held = holdLease(record, {
    holder,
    clock,
    logger,
    onWaiting: (other) => master.waitedFor.push(other),
    onLost: (other) => master.lostTo.push(other),
  })
  held.then(
    (lease) => (master.lease = lease),
    () => {},
  )
  return master
}

it('is held at once when nobody has it, and kept', async () => {
  const a = start('a')
  await pass(100)
  expect(a.lease?.isHeld()).toBe(true)
  await pass(60_000)
  expect(a.lease?.isHeld()).toBe(true)
})

it('is not given to a second one while the first beats', async () => {
  const a = start('a')
  await pass(100)
  const b = start('b')
  await pass(120_000)
  expect(b).toMatchObject({ lease: undefined, waitedFor: ['a'] })
  expect(a.lease?.isHeld()).toBe(true)
})

it('is given on at once when it is released', async () => {
  const a = start('a')
  await pass(100)
  const b = start('b')
  await pass(1000)
  await a.lease?.release()
  await pass(600)
  expect(b.lease?.isHeld()).toBe(true)
  expect(a.lease?.isHeld()).toBe(false)
  await pass(20_000)
  expect(a.lostTo).toEqual([])
})

it('passes to a waiter a lease after the last beat, when the holder has stopped to act', async () => {
  const a = start('a')
  await pass(100)
  const b = start('b')
  await pass(5000)
  // The holder reaches the store no more: its record is another one from now on.
  const write = record.write
  record.write = async (next, before) => {
    if (next.holder === 'a') throw new Error('down')
    return write(next, before)
  }
  const history: { a: boolean | undefined; b: boolean | undefined }[] = []
  for (let n = 0; n < 150; n += 1) {
    await pass(100)
    history.push({ a: a.lease?.isHeld(), b: b.lease?.isHeld() })
  }
  record.write = write
  await pass(2000)
  expect(history.some((now) => now.a && now.b)).toBe(false)
  expect(history.at(-1)).toEqual({ a: false, b: true })
  expect(a.lostTo).toEqual(['b'])
})

it('is paused while the store is away, and goes on when nobody had it meanwhile', async () => {
  const a = start('a')
  await pass(100)
  isDown = true
  await pass(60_000)
  expect(a.lease?.isHeld()).toBe(false)
  isDown = false
  await pass(3000)
  expect(a.lease?.isHeld()).toBe(true)
  expect(a.lostTo).toEqual([])
})

it('is taken, and kept, also when answers are lost', async () => {
  losesAnswers = true
  const a = start('a')
  await pass(1000)
  losesAnswers = false
  await pass(1000)
  expect(a.lease?.isHeld()).toBe(true)
  losesAnswers = true
  await pass(5000)
  losesAnswers = false
  await pass(3000)
  expect(a.lease?.isHeld()).toBe(true)
  expect(a.lostTo).toEqual([])
})

it('is waited for through an outage, and no more when that is not wanted', async () => {
  isDown = true
  const a = start('a')
  await pass(60_000)
  isDown = false
  await pass(1000)
  expect(a.lease?.isHeld()).toBe(true)
  const leaving = new AbortController()
  const onLost = () => {}
  const waiting = holdLease(record, { holder: 'b', clock, logger, onLost, signal: leaving.signal })
  const refused = expect(waiting).rejects.toThrow('aborted')
  await pass(1000)
  leaving.abort()
  await pass(1000)
  await refused
})
