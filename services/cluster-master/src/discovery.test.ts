// The master's side of discovery: what it tells sites, and what it shows of their reports.
import { setImmediate as turn } from 'node:timers/promises'
import { DesiredDiscovery, receiverKey } from '@bramble/contracts'
import type { ReportDiscovery, SiteId } from '@bramble/contracts'
import { pollUntil } from '@bramble/testkit'
import { publishDiscovery } from './background/publish-discovery.ts'
import { createDiscoveryReceiver } from './inbox/receive-discovery.ts'
import { makeMaster } from './testing/make-master.ts'
import { startTestMaster } from './testing/start-test-master.ts'

const site = 'local' as SiteId
const reportOf = (more: Partial<ReportDiscovery> = {}): ReportDiscovery => ({
  ...{ type: 'report.discovery.v1', site, at: '2026-01-01T00:00:00.000Z' as never, session: 's', sequence: 1 },
  announced: [],
  cloudlets: [
    {
      ...{ id: 'lab', addresses: ['10.0.0.2'], port: 8080, encryption: 'none', url: 'http://10.0.0.2:8080' },
      ...{ firstSeenAt: '2026-01-01T00:00:00.000Z' as never, lastSeenAt: '2026-01-01T00:00:01.000Z' as never },
    },
  ],
  agents: [],
  ...more,
})

describe('a site', () => {
  const config = { discovery: { sites: [site] } }
  const made = async () => {
    const { master, clock, stop } = await makeMaster()
    const documents: DesiredDiscovery[] = []
    await master.bus.subscribeDesired(
      receiverKey('discovery', site),
      ({ body }) => void documents.push(DesiredDiscovery.parse(body)),
    )
    let n = 0
    const revisions = { next: async () => ({ epoch: 1, n: ++n }) }
    const own = { ...master, config: { ...master.config, ...config } }
    const task = publishDiscovery(own, { revisions, url: 'http://10.0.0.1:8080' })
    const run = async () => {
      await task.run(new AbortController().signal)
      for (let turns = 0; turns < 5; turns++) await turn()
      return documents
    }
    const receive = createDiscoveryReceiver(own)
    const report = (more: Partial<ReportDiscovery>, key = 'discovery.local') =>
      receive({ key, body: reportOf(more), redelivered: false })
    return { master, clock, run, report, stop }
  }

  it('is told once what to tell, and again when it obeys another revision or the catalogue changed', async () => {
    const { master, run, report, stop } = await made()
    expect(await run()).toMatchObject([{ revision: { n: 1 }, cloudlet: { url: 'http://10.0.0.1:8080', path: '/v1' } }])
    expect(await run()).toHaveLength(1)
    report({ obeys: { epoch: 1, n: 1 } })
    expect(await run()).toHaveLength(1)
    report({ sequence: 2, obeys: undefined })
    expect(await run()).toHaveLength(2)
    report({ sequence: 3, obeys: { epoch: 1, n: 1 } })
    await master.records.services.insert({ id: 'org.example.a', version: '1' } as never)
    const documents = await run()
    expect(documents).toHaveLength(3)
    expect(documents[2]!.revision.n).toBe(2)
    expect(documents[2]!.cloudlet.services).not.toBe(documents[1]!.cloudlet.services)
    await stop()
  })

  it('is believed for half a minute after its last report', async () => {
    const { master, clock, report, stop } = await made()
    report({})
    clock.advance(29_999)
    expect(master.sightings.cloudlets()).toMatchObject([{ id: 'lab', sites: ['local'] }])
    clock.advance(1)
    expect(master.sightings.cloudlets()).toEqual([])
    await stop()
  })

  it('is not believed under the key of another, nor when it is none of ours, nor when it comes late', async () => {
    const { master, report, stop } = await made()
    expect(() => report({}, 'discovery.other')).toThrow('reports for local')
    expect(() => report({}, 'node.local')).toThrow('reports for local')
    report({ site: 'other' as SiteId }, 'discovery.other')
    expect(master.sightings.cloudlets()).toEqual([])
    report({ sequence: 5 })
    report({ sequence: 4, cloudlets: [] })
    expect(master.sightings.cloudlets()).toHaveLength(1)
    await stop()
  })
})

it('what sites see is listed, hosts that wait with the node of their name', async () => {
  const master = await startTestMaster({ discovery: { sites: ['local'] } })
  await master.addNode('pi-07')
  const times = { firstSeenAt: '2026-01-01T00:00:00.000Z' as never, lastSeenAt: '2026-01-01T00:00:01.000Z' as never }
  const agent = (id: string) => ({ id, addresses: ['10.0.0.7'], port: 7444, ...times })
  await master.bus.publishReport('discovery.local', reportOf({ agents: [agent('pi-08'), agent('pi-07')] }))
  const listed = async (path: string) => (await master.request('GET', path)).body['items'] as object[]
  await pollUntil(async () => (await listed('/v1/cloudlets')).length > 0, 'the report')
  expect(await listed('/v1/cloudlets?filter=encryption=none')).toMatchObject([{ id: 'lab', sites: ['local'] }])
  expect(await listed('/v1/seen-nodes')).toMatchObject([{ id: 'pi-07', node: 'pi-07' }, { id: 'pi-08' }])
  expect((await master.request('GET', '/v1/seen-nodes', { secret: null })).status).toBe(401)
  await master.stop()
})
