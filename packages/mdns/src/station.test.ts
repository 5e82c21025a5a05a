import { setImmediate as turn } from 'node:timers/promises'
import { fakeClock } from '@bramble/kit'
import { fakeNetwork } from './network.fixture.ts'
import { startStation } from './station.ts'
import type { Offer, StationOptions } from './station.ts'

const type = '_cloudlet._tcp'
const offer: Offer = { type, label: 'shelf', port: 8080, txt: { version: '1' }, found: 'anywhere' }

function makeLan() {
  const clock = fakeClock()
  const network = fakeNetwork(clock)
  const addresses = new Map<string, { address: string; prefixLength: number }[]>()
  let seed = 0
  const start = (address: string, more: Partial<StationOptions> = {}) => {
    addresses.set(address, [{ address, prefixLength: 24 }])
    const random = () => (seed = (seed * 16807 + 7) % 2147483647) / 2147483647
    const addressesOf = () => addresses.get(address)!
    return startStation({
      interfaceName: 'eth0',
      types: [type],
      clock,
      open: network.open,
      random,
      addressesOf,
      ...more,
    })
  }
  /** In small steps, with the promises of each settled before the next. */
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 10) {
      clock.advance(10)
      await turn()
    }
  }
  return { clock, network, start, pass, addresses }
}

describe('stations on one network', () => {
  it('find each other, and tell who has left at once', async () => {
    const { start, pass } = makeLan()
    const [one, other] = [start('10.0.0.1'), start('10.0.0.2')]
    one.offer(offer)
    other.offer({ ...offer, label: 'lab' })
    await pass(2000)
    expect(one.found(type)).toMatchObject([
      { label: 'lab', addresses: ['10.0.0.2'], port: 8080, txt: { version: '1' } },
    ])
    expect(other.found(type)).toMatchObject([{ label: 'shelf', addresses: ['10.0.0.1'] }])
    await other.stop()
    await pass(1100)
    expect(one.found(type)).toEqual([])
    await one.stop()
  })

  it('resolve a name that several want: each has one of its own in the end', async () => {
    const { start, pass } = makeLan()
    const stations = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((address) => start(address))
    for (const station of stations) station.offer(offer)
    await pass(15_000)
    const labels = stations.map((station) => station.telling())
    expect(labels.every((it) => it?.isTold)).toBe(true)
    expect(labels.map((it) => it?.label).sort()).toEqual(['shelf', 'shelf-2', 'shelf-3'])
    for (const station of stations) expect(station.found(type)).toHaveLength(2)
    await Promise.all(stations.map((station) => station.stop()))
  })

  it('leave a name to who has it', async () => {
    const { start, pass } = makeLan()
    const first = start('10.0.0.1')
    first.offer(offer)
    await pass(3000)
    const second = start('10.0.0.2')
    second.offer(offer)
    await pass(3000)
    expect([first.telling()?.label, second.telling()?.label]).toEqual(['shelf', 'shelf-2'])
    await Promise.all([first.stop(), second.stop()])
  })

  it('forget who was killed when its time is over, and keep who lives for longer', async () => {
    const { network, start, pass } = makeLan()
    const ttls = { hostSeconds: 10, otherSeconds: 40 }
    const [one, other, third] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((address) => start(address, { ttls }))
    other!.offer({ ...offer, label: 'lab' })
    third!.offer({ ...offer, label: 'rack' })
    await pass(3000)
    network.cut('10.0.0.2')
    await pass(5000)
    expect(one!.found(type).map(({ label }) => label)).toEqual(['lab', 'rack'])
    await pass(60_000)
    expect(one!.found(type).map(({ label }) => label)).toEqual(['rack'])
    await Promise.all([one, other, third].map((station) => station!.stop()))
  })

  it('tell news, and nothing when all is as before', async () => {
    const { start, pass } = makeLan()
    const news: number[] = []
    const one = start('10.0.0.1', { onChange: () => news.push(one.found(type).length) })
    const other = start('10.0.0.2')
    await pass(500)
    news.length = 0
    other.offer(offer)
    await pass(5000)
    expect(news).toEqual([1])
    other.offer({ ...offer, txt: { version: '2' } })
    await pass(3000)
    expect(news).toEqual([1, 1])
    expect(one.found(type)).toMatchObject([{ txt: { version: '2' } }])
    await Promise.all([one.stop(), other.stop()])
  })
})

describe('a station', () => {
  it('follows its interface', async () => {
    const { addresses, start, pass } = makeLan()
    const [one, other] = [start('10.0.0.1'), start('10.0.0.2')]
    other.offer(offer)
    await pass(2000)
    addresses.set('10.0.0.2', [{ address: '10.0.0.9', prefixLength: 24 }])
    await pass(5000)
    expect(one.found(type)).toMatchObject([{ label: 'shelf', addresses: ['10.0.0.9'] }])
    addresses.set('10.0.0.2', [])
    await pass(4000)
    expect(one.found(type)).toEqual([])
    expect([other.telling(), other.trouble()]).toEqual([undefined, 'the interface eth0 has no IPv4 address'])
    await Promise.all([one.stop(), other.stop()])
  })

  it('tells nothing of a server that clients of the interface cannot reach', async () => {
    const { network, start, pass } = makeLan()
    const station = start('10.0.0.1', { types: [] })
    station.offer({ ...offer, found: ['192.168.7.1', '127.0.0.1'] })
    await pass(5000)
    expect([station.telling(), network.sent]).toEqual([undefined, []])
    station.offer({ ...offer, found: ['192.168.7.1', '10.0.0.5'] })
    await pass(3000)
    expect(station.telling()).toEqual({ label: 'shelf', addresses: ['10.0.0.5'], isTold: true })
    expect(JSON.stringify(network.sent)).not.toContain('192.168')
    await station.stop()
  })

  it('believes nobody of another network', async () => {
    const { network, start, pass } = makeLan()
    const station = start('10.0.0.1')
    const other = start('192.168.7.1')
    other.offer({ ...offer, label: 'far' })
    station.offer(offer)
    await pass(3000)
    expect(station.found(type)).toEqual([])
    expect(other.found(type)).toEqual([])
    expect(network.sent.length).toBeGreaterThan(4)
    await Promise.all([station.stop(), other.stop()])
  })
})
