import { eventually } from '../eventually.ts'
import { createHealthChecks } from '../health.ts'
import { silentLogger } from '../log/logger.ts'
import { createMetrics } from '../metrics.ts'
import { createHttpApp } from './create-http-app.ts'
import { listen } from './listen.ts'
import type { HttpServer } from './listen.ts'
import { serveProbes } from './serve-probes.ts'

const health = createHealthChecks()
let isStoreUp = true
let jobs = new Map([['old', 1]])
let server: HttpServer

beforeAll(async () => {
  const metrics = createMetrics({ service: 'master', processMetrics: true })
  metrics.taskRan({ task: 'report', durationMs: 5, failed: true })
  metrics.watch({ name: 'bramble_jobs', help: 'Jobs', label: 'kind', read: () => jobs })
  metrics.watch({ name: 'bramble_depth', help: 'Depth', read: async () => 7 })
  const fail = () => {
    throw new Error('store is down')
  }
  metrics.watch({ name: 'bramble_unknown', help: 'Unknown', read: fail })
  health.add('store', () => {
    if (!isStoreUp) throw new Error('store is down')
  })
  const app = createHttpApp({ logger: silentLogger(), authenticate: () => undefined, observer: metrics })
  serveProbes(app, { health, metrics })
  server = await listen(app)
})
afterAll(() => server.close())

describe('serveProbes', () => {
  it('is live, and ready as long as its dependencies are', async () => {
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
    isStoreUp = false
    const down = await fetch(`${server.url}/readyz`)
    expect(down.status).toBe(503)
    expect(await down.json()).toMatchObject({ checks: { store: { ok: false, detail: 'store is down' } } })
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
  })

  it('serves the metrics of requests, tasks and the process', async () => {
    await (await fetch(`${server.url}/healthz`)).text()
    await eventually(async () => {
      const text = await (await fetch(`${server.url}/metrics`)).text()
      expect(text).toMatch(/bramble_http_request_duration_seconds_count\{[^}]*route="healthz"[^}]*\} \d/)
      expect(text).toMatch(/bramble_task_failures_total\{[^}]*task="report"[^}]*service="master"[^}]*\} 1/)
      expect(text).toContain('process_cpu_seconds_total')
    })
  })

  it('serves what a service watches, as it is now, without what cannot be read', async () => {
    const read = async () => (await (await fetch(`${server.url}/metrics`)).text()).match(/^bramble_(jobs|d|u).*/gm)
    expect(await read()).toEqual(['bramble_jobs{kind="old",service="master"} 1', 'bramble_depth{service="master"} 7'])
    jobs = new Map([['new', 2]])
    expect(await read()).toContain('bramble_jobs{kind="new",service="master"} 2')
    expect(await read()).toHaveLength(2)
  })
})
