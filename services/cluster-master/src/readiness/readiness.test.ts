import { setImmediate } from 'node:timers/promises'
import { createInProcessBus, fakeClock, ProblemError, silentLogger, systemClock } from '@bramble/kit'
import { StoreUnavailableError } from '../store/errors.ts'
import { openSqliteStore } from '../store/sqlite-store.ts'
import { guardBus } from './guard-bus.ts'
import { guardStore } from './guard-store.ts'
import { createReadiness } from './readiness.ts'
import { watchDependency } from './watch-dependency.ts'

const logger = silentLogger()

function makeReadiness() {
  const clock = fakeClock()
  return { clock, readiness: createReadiness(['store', 'lease', 'bus'], { logger, clock }) }
}

describe('readiness', () => {
  it('names everything that is missing, with its reason', async () => {
    const { clock, readiness } = makeReadiness()
    readiness.works('lease')
    readiness.fails('bus', new Error('cannot connect', { cause: new Error('ECONNREFUSED') }))
    expect(await readiness.check()).toEqual({
      status: 'degraded',
      checks: {
        store: { ok: false, detail: 'has not been reached yet' },
        lease: { ok: true, lastOkAt: clock.now() },
        bus: { ok: false, detail: 'cannot connect: ECONNREFUSED' },
      },
    })
    expect(readiness.missing()).toBe('store: has not been reached yet; bus: cannot connect: ECONNREFUSED')
    readiness.works('bus')
    readiness.works('store')
    expect(readiness.missing()).toBeUndefined()
    expect(await readiness.check()).toMatchObject({ status: 'ok' })
    const lastOkAt = clock.now()
    clock.advance(60_000)
    readiness.fails('store', new Error('gone'))
    expect(await readiness.check()).toMatchObject({ checks: { store: { ok: false, lastOkAt } } })
  })

  it('refuses what needs a dependency that is away, and nothing else', () => {
    const { readiness } = makeReadiness()
    readiness.works('store')
    expect(() => readiness.demand('store')).not.toThrow()
    const refusal = (() => {
      try {
        readiness.demand('bus')
      } catch (error) {
        return error as ProblemError
      }
    })()
    expect(refusal).toMatchObject({ code: 'unavailable', status: 503, details: { retryAfterSeconds: 2 } })
    expect(refusal?.message).toContain('bus')
  })
})

describe('a watched dependency', () => {
  function watchBus() {
    const { clock, readiness } = makeReadiness()
    let probes = 0
    let answer: () => Promise<void> = async () => {}
    const probe = () => {
      probes += 1
      return answer()
    }
    const watch = watchDependency({ dependency: 'bus', probe }, { readiness, clock, logger })
    const advance = async (ms: number) => {
      clock.advance(ms)
      await setImmediate()
    }
    return {
      readiness,
      watch,
      advance,
      probes: () => probes,
      answersWith: (next: typeof answer) => void (answer = next),
    }
  }

  it('is probed every two seconds, and what the probe finds counts', async () => {
    const { readiness, advance, probes, answersWith } = watchBus()
    await advance(0)
    expect(readiness.isUp('bus')).toBe(true)
    answersWith(() => Promise.reject(new Error('connection lost')))
    await advance(1999)
    expect(probes()).toBe(1)
    await advance(1)
    expect(readiness.missing()).toContain('bus: connection lost')
    answersWith(async () => {})
    await advance(2000)
    expect(readiness.isUp('bus')).toBe(true)
  })

  it('is probed at once when somebody has doubts', async () => {
    const { readiness, watch, advance, answersWith } = watchBus()
    await advance(0)
    answersWith(() => Promise.reject(new Error('connection lost')))
    watch.doubt()
    await advance(0)
    expect(readiness.isUp('bus')).toBe(false)
  })

  it('is away when its probe hangs', async () => {
    const { readiness, advance, answersWith } = watchBus()
    await advance(0)
    answersWith(() => new Promise(() => {}))
    await advance(2000)
    await advance(3999)
    expect(readiness.isUp('bus')).toBe(true)
    await advance(1)
    expect(readiness.missing()).toContain('bus: no answer within 4000 ms')
  })
})

describe('the guarded store', () => {
  function guard() {
    const { readiness } = makeReadiness()
    readiness.works('store')
    const store = openSqliteStore({ path: ':memory:', clock: systemClock })
    let doubts = 0
    return {
      readiness,
      store,
      guarded: guardStore(store, { readiness, doubt: () => (doubts += 1) }),
      doubts: () => doubts,
    }
  }

  it('is the same store while that works', async () => {
    const { store, guarded, doubts } = guard()
    await guarded.collection('settings').insert({ id: 'a', value: 1 })
    expect(await store.collection('settings').get('a')).toMatchObject({ value: 1 })
    expect(await guarded.collection('settings').all()).toHaveLength(1)
    await expect(guarded.collection('settings').insert({ id: 'a', value: 2 })).rejects.toThrow('id')
    expect(doubts()).toBe(0)
    await store.close()
  })

  it('fails at once while it does not, without asking it', async () => {
    const { readiness, store, guarded } = guard()
    readiness.fails('store', 'stopped')
    let asked = 0
    store.events = () => Promise.reject(new Error(`asked ${(asked += 1)}`))
    await expect(guarded.events(0, 1)).rejects.toThrow(StoreUnavailableError)
    await expect(guarded.collection('nodes').all()).rejects.toThrow(StoreUnavailableError)
    expect(asked).toBe(0)
    await store.close()
  })

  it('raises doubts when it cannot be reached', async () => {
    const { store, guarded, doubts } = guard()
    await store.close()
    await expect(guarded.collection('settings').get('a')).rejects.toThrow(StoreUnavailableError)
    expect(doubts()).toBe(1)
  })
})

it('doubts a bus on which nothing can be published', async () => {
  const bus = createInProcessBus({ logger })
  let doubts = 0
  const guarded = guardBus(bus, () => (doubts += 1))
  await guarded.publishDesired('node.pi-01', { type: 'desired.node.v1' })
  expect(doubts).toBe(0)
  await bus.close()
  await expect(guarded.publishDesired('node.pi-01', { type: 'desired.node.v1' })).rejects.toThrow('closed')
  expect(doubts).toBe(1)
})
