import { hostname } from 'node:os'
import type { SystemService, Timestamp } from '@bramble/contracts'
import { startFleet } from '../testing/start-fleet.ts'
import { version } from '../version.ts'
import { listSystemServices } from './list-system-services.ts'

const well = { store: { ok: true }, bus: { ok: true } }
const pick = (services: SystemService[], name: string) => services.find((it) => it.name === name)

describe('the services of the system', () => {
  it('are the master, what it depends on, and every agent', async () => {
    await using fleet = await startFleet('pi-01', 'pi-02')
    await fleet.agent('pi-02').report({ troubles: ['the registry refuses'] })
    await fleet.pass(1)
    const services = await listSystemServices(fleet.master, { status: 'ok', checks: well })
    const now = expect.any(String)
    const own = { host: hostname(), state: 'ready', lastSeenAt: now }
    expect(services).toMatchObject([
      { name: 'cluster-master', product: 'Bramble', version, ...own },
      { name: 'store', product: 'SQLite', version: expect.stringMatching(/^3\./), ...own },
      { name: 'bus', product: 'in process', ...own },
      { name: 'node-agent/pi-01', kind: 'node-agent', host: 'pi-01', state: 'ready', lastSeenAt: now },
      { name: 'node-agent/pi-02', state: 'degraded', detail: 'the registry refuses' },
    ])
    expect(new Set(services.map(({ name }) => name)).size).toBe(services.length)
  })

  it('tell the silence of a node, and do not name one that was retired', async () => {
    await using fleet = await startFleet('pi-01', 'pi-02')
    fleet.silence('pi-01')
    await fleet.pass(40)
    await fleet.master.records.nodes.update('pi-02', (node) => ({ ...node, admission: 'retired' }))
    const services = await listSystemServices(fleet.master, { status: 'ok', checks: well })
    expect(pick(services, 'node-agent/pi-01')?.state).toBe('suspect')
    expect(pick(services, 'node-agent/pi-02')).toBeUndefined()
  })

  it('say what is away, and since when', async () => {
    await using fleet = await startFleet()
    const lastOkAt = '2026-01-01T00:00:00.000Z' as Timestamp
    fleet.master.store.about = () => Promise.reject(new Error('gone'))
    const checks = { store: { ok: false, detail: 'stopped', lastOkAt }, bus: { ok: true } }
    const services = await listSystemServices(fleet.master, { status: 'degraded', checks })
    expect(pick(services, 'store')).toEqual({
      ...{ name: 'store', kind: 'store', host: '', product: '', state: 'down', detail: 'stopped' },
      lastSeenAt: lastOkAt,
    })
    expect(pick(services, 'cluster-master')).toMatchObject({ state: 'degraded', detail: 'store: stopped' })
  })
})
