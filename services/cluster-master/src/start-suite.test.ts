import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInProcessBus, createLogger, eventually, silentLogger, systemClock } from '@bramble/kit'
import type { Bus } from '@bramble/kit'
import { MasterSettings } from './settings.ts'
import { startSuite } from './start-suite.ts'
import type { RunningSuite, SuiteAdapters } from './start-suite.ts'
import { StoreUnavailableError } from './store/errors.ts'
import { openSqliteStore } from './store/sqlite-store.ts'
import type { Store } from './store/store.ts'

const scrapeToken = 'scrape-token-of-this-test'
let dataDir: string
let bus: Bus
let store: Store
let stopping: AbortController
let lease: PromiseWithResolvers<void>
let released: number
let isStoreThere: boolean
let failing: { bus?: Error; store?: Error }
let starting: Promise<RunningSuite>
let url: string

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'bt-'))
  bus = createInProcessBus({ logger: silentLogger() })
  store = openSqliteStore({ path: ':memory:', clock: systemClock })
  stopping = new AbortController()
  lease = Promise.withResolvers()
  released = 0
  isStoreThere = false
  failing = {}
  const listening = Promise.withResolvers<string>()
  starting = startSuite({
    settings: MasterSettings.parse({ dataDir, http: { port: 0 }, metrics: { token: scrapeToken } }),
    adapters,
    logger: createLogger({ component: 'cluster-master', to: { write: readLine } }),
    clock: hastyClock,
    stopping: stopping.signal,
  })
  function readLine(line: string) {
    const { url: told } = JSON.parse(line) as { url?: string }
    if (told) listening.resolve(told)
  }
  url = await listening.promise
})
afterEach(async () => {
  stopping.abort()
  await starting.then((suite) => suite.stop()).catch(() => {})
  await rm(dataDir, { recursive: true })
})

const hastyClock = { ...systemClock, after: (ms: number, act: () => void) => systemClock.after(ms / 20, act) }

/** Servers that the test takes away and gives back. */
const adapters: SuiteAdapters = {
  store: {
    check: async () => {
      if (!isStoreThere) throw new StoreUnavailableError('no server at 127.0.0.1:27017')
    },
    holdLease: async ({ onWaiting, signal }) => {
      onWaiting('master-1')
      signal.addEventListener('abort', () => lease.reject(signal.reason))
      await lease.promise
      return { isHeld: () => true, release: async () => void (released += 1) }
    },
    open: async () => ({ ...store, probe: () => (failing.store ? Promise.reject(failing.store) : store.probe()) }),
    close: async () => {},
  },
  connectBus: () => ({ ...bus, probe: () => (failing.bus ? Promise.reject(failing.bus) : bus.probe()) }),
  access: {
    grant: async () => ({ user: '', password: '' }),
    grantInFleet: async () => ({ user: '', password: '' }),
    grantSite: async () => ({ user: '', password: '' }),
    revoke: async () => {},
    revokeFleet: async () => {},
  },
  openIdentity: async () => ({ caCertificate: '', master: { key: '', certificate: '' } }) as never,
}

const request = async (method: string, path: string, secret = '', body?: object) => {
  const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' }
  const answer = await fetch(url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) })
  const retryAfter = answer.headers.get('retry-after')
  return { status: answer.status, retryAfter, body: (await answer.json()) as Record<string, unknown> }
}

async function serve() {
  isStoreThere = true
  lease.resolve()
  await starting
  return (await readFile(join(dataDir, 'first-admin-token'), 'utf8')).trim()
}

describe('a master that waits', () => {
  it('answers its probes, names what is missing, and asks all others to come again', async () => {
    expect(await request('GET', '/healthz')).toMatchObject({ status: 200 })
    await eventually(async () =>
      expect(await request('GET', '/readyz')).toMatchObject({
        status: 503,
        body: { checks: { store: { ok: false, detail: 'no server at 127.0.0.1:27017' }, bus: { ok: true } } },
      }),
    )
    const refused = await request('GET', '/v1/nodes')
    expect(refused).toMatchObject({ status: 503, retryAfter: '2', body: { code: 'not_serving' } })
    expect(refused.body['detail']).toContain('no server at 127.0.0.1:27017')
  })

  it('tells a scraper, and nobody else, what is missing', async () => {
    const scrape = async (secret: string) => {
      const answer = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${secret}` } })
      return [answer.status, await answer.text()]
    }
    await eventually(async () =>
      expect(await scrape(scrapeToken)).toEqual([
        200,
        expect.stringMatching(/bramble_dependency_up\{dependency="store",[^}]*\} 0\n.*"lease".* 0\n.*"bus".* 1\n/),
      ]),
    )
    expect(await scrape('another')).toEqual([401, expect.stringContaining('unauthenticated')])
    const token = await serve()
    for (const secret of [scrapeToken, token]) expect((await scrape(secret))[0]).toBe(200)
    expect((await scrape('another'))[0]).toBe(401)
  })

  it('says that it waits for the lease, and serves once it has it', async () => {
    isStoreThere = true
    await eventually(async () => {
      const { body } = await request('GET', '/readyz')
      const lease = { ok: false, detail: expect.stringContaining('master-1') }
      expect(body['checks']).toMatchObject({ store: { ok: true }, lease, master: { ok: false } })
    })
    const secret = await serve()
    expect((await stat(join(dataDir, 'first-admin-token'))).mode & 0o777).toBe(0o600)
    expect(await request('GET', '/readyz')).toMatchObject({ status: 200, body: { status: 'ok' } })
    expect(await request('GET', '/v1/version')).toMatchObject({ status: 200, body: { shape: 'suite' } })
    expect(await request('GET', '/v1/nodes', secret)).toMatchObject({ status: 200 })
  })

  it('ends when it is told to', async () => {
    isStoreThere = true
    await eventually(async () =>
      expect(await request('GET', '/readyz')).toMatchObject({ body: { checks: { store: { ok: true } } } }),
    )
    stopping.abort()
    await expect(starting).rejects.toThrow()
    await expect(fetch(`${url}/healthz`)).rejects.toThrow()
  })
})

describe('a master that serves', () => {
  const launch = { service: 'org.example.none' }

  it('accepts no operation while the bus is away, answers what it can, and goes on when it is back', async () => {
    const secret = await serve()
    failing.bus = new Error('connection lost')
    await eventually(async () => expect((await request('GET', '/readyz')).status).toBe(503))
    expect((await request('GET', '/readyz')).body).toMatchObject({
      checks: { bus: { ok: false, detail: 'connection lost' }, store: { ok: true } },
    })
    const refused = await request('POST', '/v1/instances', secret, launch)
    expect(refused).toMatchObject({ status: 503, retryAfter: '2', body: { code: 'unavailable' } })
    expect((await request('GET', '/v1/operations', secret)).status).toBe(200)
    expect((await request('POST', '/v1/services', secret, { id: 'org.example.a' })).status).toBe(201)
    delete failing.bus
    await eventually(async () => expect((await request('GET', '/readyz')).status).toBe(200))
    expect(await request('POST', '/v1/instances', secret, launch)).toMatchObject({ body: { code: 'not_found' } })
  })

  it('writes nothing while the store is away, and shows what it has in memory', async () => {
    const secret = await serve()
    await request('POST', '/v1/services', secret, { id: 'org.example.a' })
    failing.store = new Error('stopped')
    await eventually(async () => expect((await request('GET', '/readyz')).status).toBe(503))
    const refused = await request('POST', '/v1/services', secret, { id: 'org.example.b' })
    expect(refused).toMatchObject({ status: 503, retryAfter: expect.any(String), body: { code: 'unavailable' } })
    expect((await request('GET', '/v1/services/org.example.a', secret)).status).toBe(200)
    delete failing.store
    await eventually(async () => expect((await request('GET', '/readyz')).status).toBe(200))
    expect((await request('POST', '/v1/services', secret, { id: 'org.example.b' })).status).toBe(201)
  })

  it('gives the lease back when it is stopped', async () => {
    await serve()
    await (await starting).stop()
    expect(released).toBe(1)
  })
})
