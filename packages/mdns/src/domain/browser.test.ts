import { hearPacket, lookAround, nextLookMs, startBrowser } from './browser.ts'
import type { BrowserState } from './browser.ts'
import { foundServices } from './found-service.ts'
import type { DnsRecord, Packet } from './record.ts'
import { sharedRecords, uniqueRecords } from './service.ts'
import type { Service } from './service.ts'

const type = '_cloudlet._tcp'
const ttls = { hostSeconds: 120, otherSeconds: 4500 }
const lab: Service = { type, label: 'lab', port: 8080, addresses: ['10.0.0.2'], txt: { version: '1' } }
const recordsOf = (of: Service) => [...sharedRecords(of, ttls), ...uniqueRecords(of, ttls)]
const response = (answers: DnsRecord[]): Packet => ({
  ...{ kind: 'response', questions: [], answers, authorities: [], additionals: [] },
})
const hear = (state: BrowserState, answers: DnsRecord[], atMs: number) => hearPacket(state, response(answers), atMs)
const started = () => startBrowser([type], 0, 50)

/** Runs it by its own clock; what it asked and when. */
function run(from: BrowserState, fromMs: number, untilMs: number) {
  const asked: { atMs: number; query: Packet }[] = []
  let state = from
  for (let atMs = nextLookMs(state, fromMs); atMs <= untilMs; atMs = nextLookMs(state, atMs)) {
    const looked = lookAround(state, atMs)
    state = looked.state
    if (looked.query) asked.push({ atMs, query: looked.query })
  }
  return { state, asked }
}

describe('a browser', () => {
  it('asks at growing intervals', () => {
    const { asked } = run(started(), 0, 40_000)
    expect(asked.map(({ atMs }) => atMs)).toEqual([50, 1050, 3050, 7050, 15_050, 31_050])
    expect(asked[0]!.query.questions).toEqual([{ name: '_cloudlet._tcp.local', type: 'PTR' }])
  })

  it('tells what it knows already', () => {
    const { asked } = run(hear(started(), recordsOf(lab), 10), 10, 60)
    expect(asked[0]!.query.answers).toMatchObject([{ type: 'PTR', data: 'lab._cloudlet._tcp.local', ttlSeconds: 4499 }])
  })

  it('finds a service once all is known that it takes to reach it', () => {
    const [named, , srv, txt, a] = recordsOf(lab) as [DnsRecord, DnsRecord, DnsRecord, DnsRecord, DnsRecord]
    let state = hear(started(), [named], 10)
    expect(foundServices(state, type)).toEqual([])
    expect(lookAround(state, 20).query?.questions).toEqual([{ name: 'lab._cloudlet._tcp.local', type: 'SRV' }])
    state = hear(state, [srv, txt], 30)
    expect(lookAround(state, 40).query?.questions).toEqual([{ name: 'lab-cloudlet.local', type: 'A' }])
    state = hear(state, [a], 50)
    expect(lookAround(state, 49).query).toBeUndefined()
    expect(foundServices(state, type)).toEqual([
      { type, label: 'lab', port: 8080, addresses: ['10.0.0.2'], txt: { version: '1' }, firstMs: 10, heardMs: 30 },
    ])
  })

  it('asks for what is missing at growing intervals too', () => {
    const { asked } = run(hear(started(), [recordsOf(lab)[0]!], 40), 0, 20_000)
    const single = asked.filter(({ query }) => query.questions.some((it) => it.type === 'SRV')).map(({ atMs }) => atMs)
    expect(single).toHaveLength(5)
    expect(single[4]! - single[3]!).toBeGreaterThanOrEqual(8000)
  })

  it('asks four times for what is about to expire, and drops it when nobody answers', () => {
    const { state, asked } = run(hear(started(), recordsOf(lab), 0), 0, 119_999)
    const single = asked.filter(({ query }) => query.questions.some((it) => it.type === 'SRV'))
    expect(single.map(({ atMs }) => atMs)).toEqual([96_000, 102_000, 108_000, 114_000])
    expect(foundServices(state, type)).toHaveLength(1)
    expect(foundServices(run(state, 119_999, 120_000).state, type)).toEqual([])
  })

  it('asks in time for what holds for a few seconds only', () => {
    const brief = recordsOf(lab).map((record) => ({ ...record, ttlSeconds: 1 }))
    const { asked } = run(hear(started(), brief, 0), 0, 999)
    const single = asked.filter(({ query }) => query.questions.some((it) => it.type === 'A'))
    expect(single.map(({ atMs }) => atMs)).toEqual([800, 850, 900, 950])
  })

  it('asks once for what several records of one name tell', () => {
    const others = recordsOf({ ...lab, label: 'other' })
    const { asked } = run(hear(hear(started(), recordsOf(lab), 0), others, 1000), 0, 3_601_000)
    const pointers = asked.map(({ query }) => query.questions.filter(({ type: it }) => it === 'PTR'))
    expect(pointers.every(({ length }) => length <= 1)).toBe(true)
    expect(asked.slice(-2).map(({ atMs }) => atMs)).toEqual([3_600_000, 3_601_000])
  })

  it('keeps what is told again', () => {
    const again = hear(hear(started(), recordsOf(lab), 0), recordsOf(lab), 100_000)
    const { state } = run(again, 100_000, 200_000)
    expect(foundServices(state, type)).toMatchObject([{ firstMs: 0, heardMs: 100_000 }])
  })

  it('forgets who says goodbye within a second', () => {
    const goodbye = recordsOf(lab).map((record) => ({ ...record, ttlSeconds: 0 }))
    const state = hear(hear(started(), recordsOf(lab), 0), goodbye, 5000)
    expect(foundServices(lookAround(state, 6000).state, type)).toEqual([])
  })

  it('takes the newer of what can be once only', () => {
    const moved = { ...lab, port: 9090, addresses: ['10.0.0.9'] }
    const state = hear(hear(started(), recordsOf(lab), 0), recordsOf(moved), 5000)
    expect(foundServices(lookAround(state, 6000).state, type)).toMatchObject([{ port: 9090, addresses: ['10.0.0.9'] }])
  })

  it('keeps several addresses of one answer', () => {
    const state = hear(started(), recordsOf({ ...lab, addresses: ['10.0.0.2', '10.0.1.2'] }), 0)
    expect(foundServices(state, type)).toMatchObject([{ addresses: ['10.0.0.2', '10.0.1.2'] }])
  })

  it('keeps nothing of what it does not look for, and not without bound', () => {
    const printer = recordsOf({ ...lab, type: '_ipp._tcp' })
    expect(hear(started(), printer, 0).cache.size).toBe(0)
    const flood = Array.from({ length: 10_000 }, (_, n) => recordsOf({ ...lab, label: `n${n}` })[0]!)
    expect(hear(started(), flood, 0).cache.size).toBeLessThanOrEqual(4000)
  })
})
