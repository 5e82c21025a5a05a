import { setImmediate as turn } from 'node:timers/promises'
import { receiverKey, ReportDiscovery } from '@bramble/contracts'
import type { DesiredDiscovery, SiteId } from '@bramble/contracts'
import { createInProcessBus, fakeClock, silentLogger } from '@bramble/kit'
import { fakeNetwork } from '@bramble/mdns/network.fixture'
import { startDiscovery } from './start-discovery.ts'

const site = 'local' as SiteId

/** A LAN of networks, and cloudlets with a bus each. */
function makeWorld() {
  const clock = fakeClock()
  const network = fakeNetwork(clock)
  const open = async (name: string, addresses: Record<string, string>, advertisedAddress?: string) => {
    const bus = createInProcessBus({ logger: silentLogger(), clock })
    let last: ReportDiscovery | undefined
    await bus.subscribeReports(({ key, body }) => {
      last = ReportDiscovery.parse(body)
      expect(key).toBe('discovery.local')
    })
    const addressesOf = (it: string) => [{ address: addresses[it]!, prefixLength: 24 }]
    const discovery = startDiscovery({
      ...{ site, name, interfaces: Object.keys(addresses), advertisedAddress, bus, clock, logger: silentLogger() },
      network: { open: network.open, addressesOf },
    })
    let n = 0
    return {
      want: (url: string, more: Partial<DesiredDiscovery> = {}) => {
        const cloudlet = { url, path: '/v1', version: '0.1.0', services: 'abc' }
        const document = { type: 'desired.discovery.v1', site, revision: { epoch: 1, n: ++n }, cloudlet, ...more }
        return bus.publishDesired(receiverKey('discovery', site), document as DesiredDiscovery)
      },
      report: () => last!,
      stop: async () => {
        await discovery.stop()
        await bus.close()
      },
    }
  }
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 10) {
      clock.advance(10)
      await turn()
      await turn()
    }
  }
  return { open, pass, network }
}

it('two cloudlets of one name tell of themselves and see each other', async () => {
  const { open, pass } = makeWorld()
  const one = await open('shelf', { eth0: '10.0.0.1' })
  const other = await open('shelf', { eth0: '10.0.0.2' })
  await one.want('http://10.0.0.1:8080')
  await other.want('http://0.0.0.0:9090')
  await pass(6000)
  const names = [one, other].map((it) => it.report().announced[0]!.name)
  expect(names.toSorted()).toEqual(['shelf', 'shelf-2'])
  expect(one.report().cloudlets).toMatchObject([
    { id: names[1], url: 'http://10.0.0.2:9090', version: '0.1.0', path: '/v1', encryption: 'none', services: 'abc' },
  ])
  expect(other.report().cloudlets).toMatchObject([{ id: names[0], url: 'http://10.0.0.1:8080' }])
  await other.stop()
  await pass(3000)
  expect(one.report().cloudlets).toEqual([])
  await one.stop()
})

it('tells nothing before the master has said what, and obeys the newest', async () => {
  const { open, pass, network } = makeWorld()
  const one = await open('shelf', { eth0: '10.0.0.1' })
  await pass(3000)
  expect(network.sent.every(({ packet }) => packet.kind === 'query')).toBe(true)
  expect(one.report()).toMatchObject({ announced: [{ trouble: expect.stringContaining('not said yet') }] })
  expect(one.report()).not.toHaveProperty('obeys')
  await one.want('http://10.0.0.1:8080', { revision: { epoch: 2, n: 1 } })
  await pass(100)
  await one.want('http://10.0.0.1:7070', { revision: { epoch: 1, n: 9 } })
  await pass(3000)
  expect(one.report()).toMatchObject({ obeys: { epoch: 2, n: 1 }, announced: [{ name: 'shelf' }] })
  expect(JSON.stringify(network.sent)).not.toContain('7070')
  await one.stop()
})

it('of two interfaces only that is told of the API from which it can be reached', async () => {
  const { open, pass, network } = makeWorld()
  const one = await open('shelf', { eth0: '10.0.0.1', eth1: '192.168.7.1' })
  await one.want('http://10.0.0.1:8080')
  await pass(4000)
  expect(one.report().announced).toEqual([
    { interface: 'eth0', name: 'shelf', addresses: ['10.0.0.1'] },
    { interface: 'eth1', addresses: [], trouble: 'no address of the API can be reached from there' },
  ])
  const told = network.sent.filter(({ packet }) => packet.kind === 'response')
  expect(told.every(({ from }) => from === '10.0.0.1')).toBe(true)
  await one.stop()
})

it.each([
  ['http://127.0.0.1:8080', undefined, []],
  ['http://127.0.0.1:8080', '10.0.0.9', ['10.0.0.9']],
  ['http://10.0.0.1:8080', '192.168.7.1', []],
  ['http://0.0.0.0:8080', undefined, ['10.0.0.1']],
])('an API at %s, advertised at %s, is told at %j', async (url, advertised, addresses) => {
  const { open, pass } = makeWorld()
  const one = await open('shelf', { eth0: '10.0.0.1' }, advertised)
  await one.want(url)
  await pass(3000)
  expect(one.report().announced[0]!.addresses).toEqual(addresses)
  await one.stop()
})
