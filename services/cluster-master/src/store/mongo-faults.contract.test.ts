import { MongoNetworkError } from 'mongodb'
import type { Timestamp } from '@bramble/contracts'
import { eventually, waitFor } from '@bramble/kit'
import { StoreUnavailableError, WriteInDoubtError } from './errors.ts'
import { startLateProxy } from './late-proxy.fixture.ts'
import { dropDatabase, openStoreAt, startMongoBed } from './mongo-bed.ts'
import type { MongoBed } from './mongo-bed.ts'
import { connectMongo } from './mongo/mongo-server.ts'
import { sampleInstance, setting } from './store-samples.ts'
import type { Setting, Store } from './store.ts'

// What the master relies on while the server is killed or stands still, as when a host pauses or a cable is pulled.

let bed: MongoBed
let uri: string
let store: Store
const unhandled: unknown[] = []
const noteUnhandled = (error: unknown) => void unhandled.push(error)

beforeAll(async () => {
  process.on('unhandledRejection', noteUnhandled)
  bed = await startMongoBed()
}, 120_000)
beforeEach(async () => {
  uri = bed.uriOfNewDatabase()
  store = await openStoreAt(uri)
})
afterEach(async () => {
  await store.close()
  await dropDatabase(uri)
  expect(unhandled).toEqual([])
})
afterAll(async () => {
  await bed.stop()
  process.off('unhandledRejection', noteUnhandled)
})

const settings = () => store.collection('settings')
const event = (id: string) => {
  const at = '2026-01-01T00:00:00.000Z' as Timestamp
  return { id, type: 't', at, resource: { kind: 'node' as const, id: 'n' }, summary: '' }
}

/** Stops the server for as long as `act` takes. */
async function whileStopped<T>(act: () => Promise<T>): Promise<T> {
  await bed.server.kill('SIGSTOP')
  try {
    return await act()
  } finally {
    await bed.server.kill('SIGCONT')
  }
}

/** How a call ended, and after how long. */
async function endOf(call: () => Promise<unknown>) {
  const startMs = performance.now()
  const error = await call().then(
    () => undefined,
    (error: unknown) => error,
  )
  return { error, tookMs: performance.now() - startMs }
}

describe('a client of the driver that finds its server no more', () => {
  it('is replaced', async () => {
    const server = connectMongo({ uri })
    const ping = () => server.ask(() => server.database.command({ ping: 1 }))
    await ping()
    const stuck = server.database.client as unknown as { topology: { selectServer: () => Promise<never> } }
    stuck.topology.selectServer = () => Promise.reject(new MongoNetworkError('read ECONNRESET'))
    await expect(ping()).rejects.toThrow('read ECONNRESET')
    await eventually(ping, 20_000)
    expect(server.database.client).not.toBe(stuck)
    await server.close()
  }, 30_000)
})

describe('a server that is killed and started again', () => {
  /** Writes until `stopping`, several at a time, whatever fails in between; counts how often each document was written. */
  async function writeOn(stopping: AbortSignal): Promise<Map<string, number>> {
    const acknowledged = new Map<string, number>()
    const writeOne = async (writer: number) => {
      for (let n = 0; !stopping.aborted; n += 1) {
        const id = `${writer}-${n}`
        for (let revision = 1; revision <= 3 && !stopping.aborted; revision += 1) {
          const isDone = await writeRevision(id, revision)
          if (isDone) acknowledged.set(id, revision)
          else await waitFor(20, stopping)
          if (!isDone) break
        }
      }
    }
    await Promise.all(Array.from({ length: 8 }, (_, writer) => writeOne(writer)))
    return acknowledged
  }
  async function writeRevision(id: string, revision: number): Promise<boolean> {
    try {
      // Of one group, one collection is written before the other.
      if (revision === 1) await store.collection('idempotency').insert({ id: `i-${id}`, bodyHash: '' })
      if (revision === 1) await settings().insert(setting(id, 1))
      else await settings().replace({ id, revision: revision - 1, value: revision } as Setting)
      return true
    } catch (error) {
      expect(error).toBeInstanceOf(StoreUnavailableError)
      return false
    }
  }
  /** Reads the log of changes as the numbering of events does, and keeps the newest revision that it saw of each id. */
  async function readOn(stopping: AbortSignal): Promise<Map<string, number>> {
    const seen = new Map<string, number>()
    for (let cursor = 0, isLast = false; !isLast;) {
      isLast = stopping.aborted
      const changes = await store.changes(cursor, 1000).catch(() => [])
      for (const { id, revision } of changes) seen.set(id, revision)
      cursor = changes.at(-1)?.cursor ?? cursor
      isLast &&= changes.length === 0
      await waitFor(20, stopping)
    }
    return seen
  }

  async function killAmidWrites(): Promise<void> {
    const countSettings = async () => (await settings().all()).length
    const before = await eventually(countSettings, 60_000)
    await eventually(async () => expect(await countSettings()).toBeGreaterThan(before + 50), 60_000)
    await bed.server.restart()
  }

  it('has all that was acknowledged, and tells every change of it', async () => {
    const stopping = new AbortController()
    const writing = writeOn(stopping.signal)
    const doneReading = new AbortController()
    const reading = readOn(doneReading.signal)
    try {
      for (let kills = 0; kills < 3; kills += 1) await killAmidWrites()
    } finally {
      stopping.abort()
      await writing
      await eventually(() => store.probe(), 60_000)
      doneReading.abort()
    }
    const acknowledged = await writing
    const stored = [...(await settings().all()), ...(await store.collection('idempotency').all())]
    const revisions = new Map(stored.map(({ id, revision }) => [id, revision]))
    expect(acknowledged.size).toBeGreaterThan(100)
    expect([...acknowledged].filter(([id, revision]) => (revisions.get(id) ?? 0) < revision)).toEqual([])
    expect(await reading).toEqual(revisions)
  }, 240_000)

  it('goes on with the next number of an event', async () => {
    await store.appendEvents([event('a'), event('b')], 100)
    const restarted = bed.server.restart()
    const append = () => store.appendEvents(['b', 'c', 'd'].map(event), 100)
    await eventually(append, 60_000)
    await restarted
    const { items } = await store.events(0, 100)
    expect(items.map(({ id, sequence }) => [id, sequence])).toEqual(['a', 'b', 'c', 'd'].map((id, at) => [id, at + 1]))
  }, 60_000)
})

describe('a server that stands still', () => {
  it('fails every call within four seconds, and works again by itself', async () => {
    const one = await settings().insert(setting('one', 1))
    const calls = {
      get: () => settings().get('one'),
      all: () => settings().all(),
      find: () => settings().find({ limit: 1 }),
      insert: () => settings().insert(setting('two', 2)),
      replace: () => settings().replace({ ...one, value: 2 }),
      update: () => settings().update('one', (it) => ({ ...it, value: 3 })),
      remove: () => settings().remove('one'),
      changes: () => store.changes(0, 10),
      appendEvents: () => store.appendEvents([event('a')], 10),
      events: () => store.events(0, 10),
      probe: () => store.probe(),
    }
    await whileStopped(async () => {
      for (let round = 0; round < 2; round += 1) {
        const ends = await Promise.all(
          Object.entries(calls).map(async ([name, call]) => ({ name, ...(await endOf(call)) })),
        )
        for (const { name, error, tookMs } of ends) {
          expect({ name, isRight: error instanceof StoreUnavailableError }).toEqual({ name, isRight: true })
          expect(tookMs).toBeLessThan(4000)
        }
      }
    })
    await eventually(() => store.probe())
    expect((await settings().get('one'))?.revision).toBeGreaterThanOrEqual(1)
  }, 60_000)

  it('leaves a write in doubt that was sent, and makes it known afterwards', async () => {
    const first = await settings().insert(setting('a', 1))
    const since = (await store.changes(0, 100)).at(-1)!.cursor
    const doubts = await whileStopped(async () => {
      const sent = settings().replace({ ...first, value: 2 })
      const [doubt] = await Promise.all([endOf(() => sent), endOf(() => settings().insert(setting('b', 1)))])
      return doubt
    })
    expect(doubts.error).toBeInstanceOf(WriteInDoubtError)
    const written = await (doubts.error as WriteInDoubtError).outcome
    expect(written).toMatchObject({ id: 'a', value: 2, revision: 2 })
    expect(await settings().get('a')).toEqual(written)
    // Told once nothing of its group is in doubt.
    const told = async () => (await store.changes(since, 100)).filter(({ id }) => id === 'a')
    await eventually(async () => expect(await told()).toMatchObject([{ revision: 2 }]))
    await expect(settings().replace({ ...first, value: 3 })).rejects.toMatchObject({ name: 'RevisionError', stored: 2 })
    await expect(settings().replace(written as Setting)).resolves.toMatchObject({ revision: 3 })
  }, 60_000)

  it('tells of a write that was never sent that it is not done', async () => {
    await store.probe()
    const [sent, behind] = await whileStopped(async () => {
      const first = endOf(() => settings().insert(setting('a', 1)))
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
      return Promise.all([first, endOf(() => settings().insert(setting('b', 1)))])
    })
    expect(sent.error).toBeInstanceOf(WriteInDoubtError)
    expect(behind.error).toBeInstanceOf(StoreUnavailableError)
    expect(behind.error).not.toBeInstanceOf(WriteInDoubtError)
    await (sent.error as WriteInDoubtError).outcome
    await settings().insert(setting('c', 1))
    expect((await settings().all()).map(({ id }) => id)).toEqual(['a', 'c'])
  }, 60_000)

  it('gives the outcome of events in doubt as well', async () => {
    await store.probe()
    const { error } = await whileStopped(() => endOf(() => store.appendEvents([event('a')], 10)))
    expect(error).toBeInstanceOf(WriteInDoubtError)
    expect(await (error as WriteInDoubtError).outcome).toEqual([{ sequence: 1, ...event('a') }])
    expect(await store.appendEvents([event('a')], 10)).toEqual([])
  }, 60_000)
})

describe('a network that delivers late', () => {
  it('does nothing with what was sent a second time meanwhile', async () => {
    const proxy = await startLateProxy(bed.server.port)
    const through = new URL(uri)
    through.port = `${proxy.port}`
    const behind = await openStoreAt(through.href)
    const late = behind.collection('settings')
    const a = await late.insert(setting('a', 1))
    proxy.keepBack()
    const outcomes = await Promise.all(
      [late.replace({ ...a, value: 2 }), late.insert(setting('b', 1))].map((write) =>
        write.catch((error: WriteInDoubtError) => error.outcome),
      ),
    )
    expect(outcomes).toMatchObject([{ revision: 2 }, { revision: 1 }])
    await late.replace({ ...(outcomes[0] as Setting), value: 1 })
    await late.remove('b')
    await proxy.deliver()
    expect(await late.all()).toMatchObject([{ id: 'a', revision: 3, value: 1 }])
    expect(await behind.changes(0, 100)).toHaveLength(2)
    await behind.close()
    await proxy.stop()
  }, 60_000)
})

describe('a store whose process may not write', () => {
  it('refuses writes, and reads', async () => {
    await store.close()
    let mayWrite = true
    store = await openStoreAt(uri, { mayWrite: () => mayWrite })
    await settings().insert(setting('a', 1))
    mayWrite = false
    await expect(settings().insert(setting('b', 1))).rejects.toThrow(/may not write/)
    await expect(store.appendEvents([], 10)).rejects.toThrow(/may not write/)
    await expect(settings().get('a')).resolves.toMatchObject({ value: 1 })
    mayWrite = true
    await expect(settings().insert(setting('b', 1))).resolves.toMatchObject({ revision: 1 })
  })
})

it('takes what it can of a group in which one document is too large', async () => {
  const instances = store.collection('instances')
  const large = instances.insert(sampleInstance({ name: 'x'.repeat(17_000_000) }))
  const others = Array.from({ length: 5 }, () => instances.insert(sampleInstance()))
  await expect(large).rejects.toThrow(/the store does not take instances/)
  await Promise.all(others)
  expect(await instances.all()).toHaveLength(5)
})

it('keeps labels whose names have dots and dollars', async () => {
  const labels = { 'example.org/rack': '1', $where: '2', 'a.$b': '3' }
  const { id } = await store.collection('settings').insert(setting('a', { labels }))
  expect((await settings().get(id))?.value).toEqual({ labels })
  const again = await settings().update(id, (it) => ({ ...it, value: { labels, more: null } }))
  expect(await settings().get(id)).toEqual(again)
})
