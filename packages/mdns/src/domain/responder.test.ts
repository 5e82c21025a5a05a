import fc from 'fast-check'
import { compareClaims } from './compare-claims.ts'
import { nextLabel } from './next-label.ts'
import type { DnsRecord, Packet } from './record.ts'
import { changeService, farewell, onPacket, onTime, startResponder } from './responder.ts'
import type { ResponderState } from './responder.ts'
import { hostName, instanceName, readTexts, uniqueRecords, usualTtls } from './service.ts'
import type { Service } from './service.ts'

const type = '_cloudlet._tcp'
const service: Service = { type, label: 'shelf', port: 8080, addresses: ['10.0.0.1'], txt: { version: '1' } }
const rival: Service = { ...service, port: 9090, addresses: ['10.0.0.2'] }
const packet = (more: Partial<Packet>): Packet => ({
  ...{ kind: 'query', questions: [], answers: [], authorities: [], additionals: [], ...more },
})
const claimOf = (of: Service) => packet({ authorities: uniqueRecords(of, usualTtls) })
const answerOf = (of: Service) => packet({ kind: 'response', answers: uniqueRecords(of, usualTtls) })

/** Runs it by the clock alone; what it sends and when. */
function run(from: ResponderState, untilMs: number) {
  const sent: { atMs: number; packet: Packet }[] = []
  let state = from
  while (state.dueMs <= untilMs) {
    const atMs = state.dueMs
    const { state: next, send } = onTime(state, atMs)
    state = next
    sent.push(...send.map((it) => ({ atMs, packet: it.packet })))
  }
  return { state, sent }
}
const standing = () => run(startResponder(service, usualTtls, 0, 0), 5000).state

describe('a responder that starts', () => {
  const { sent, state } = run(startResponder(service, usualTtls, 1000, 100), 10_000)

  it('probes three times 250 ms apart, then announces twice a second apart', () => {
    expect(sent.map(({ atMs }) => atMs)).toEqual([1100, 1350, 1600, 1850, 2850])
    expect(sent.map((it) => it.packet.kind)).toEqual(['query', 'query', 'query', 'response', 'response'])
    expect(state.phase).toBe('standing')
  })

  it('asks for its names and claims what it is about to tell', () => {
    const [{ packet: probe }] = sent as [(typeof sent)[0]]
    expect(probe.questions).toEqual([
      { name: 'shelf._cloudlet._tcp.local', type: 'ANY' },
      { name: 'shelf-cloudlet.local', type: 'ANY' },
    ])
    expect(probe.authorities).toEqual(uniqueRecords(service, usualTtls))
  })

  it('announces with the times of RFC 6762, its own records as unique', () => {
    const told = sent[3]!.packet.answers.map(({ type, ttlSeconds, isUnique }) => [type, ttlSeconds, isUnique])
    expect(told).toEqual([
      ['PTR', 4500, false],
      ['PTR', 4500, false],
      ['SRV', 120, true],
      ['TXT', 4500, true],
      ['A', 120, true],
    ])
  })
})

describe('a name of two', () => {
  const probing = run(startResponder(service, usualTtls, 0, 0), 100).state

  it('is given up for another when it is found to be taken', () => {
    const next = onPacket(probing, answerOf(rival), 200).state
    expect([next.service.label, next.phase, next.sent]).toEqual(['shelf-2', 'probing', 0])
    expect(onPacket(next, answerOf({ ...rival, label: 'SHELF-2' }), 300).state.service.label).toBe('shelf-3')
  })

  it('is no conflict when the same is told, or that it ends', () => {
    expect(onPacket(probing, answerOf(service), 200).state).toBe(probing)
    const goodbye = answerOf(rival).answers.map((record) => ({ ...record, ttlSeconds: 0 }))
    expect(onPacket(probing, packet({ kind: 'response', answers: goodbye }), 200).state).toBe(probing)
  })

  it('is probed for anew by who had it already', () => {
    const next = onPacket(standing(), answerOf(rival), 6000).state
    expect([next.service.label, next.phase, next.dueMs]).toEqual(['shelf', 'probing', 6000])
  })

  it('goes to one of two that probe at the same time; the other waits a second', () => {
    const later = onPacket(probing, claimOf(rival), 200).state
    expect([later.service.label, later.sent, later.dueMs]).toEqual(['shelf', 0, 1200])
    const theirs = run(startResponder(rival, usualTtls, 0, 0), 100).state
    expect(onPacket(theirs, claimOf(service), 200).state).toBe(theirs)
  })

  it('is defended at once', () => {
    const { send } = onPacket(
      standing(),
      { ...claimOf(rival), questions: [{ name: instanceName(type, 'shelf'), type: 'ANY' }] },
      5001,
    )
    expect(send).toMatchObject([
      { isDelayed: false, packet: { kind: 'response', answers: [{ type: 'SRV' }, { type: 'TXT' }] } },
    ])
  })

  it('is sought more slowly after many conflicts', () => {
    let state = probing
    for (let n = 0; n < 15; n++)
      state = onPacket(state, answerOf({ ...rival, label: state.service.label }), 200 + n).state
    expect(state.dueMs).toBeGreaterThanOrEqual(5000)
  })
})

describe('a question', () => {
  const ask = (more: Partial<Packet>, atMs = 60_000) => onPacket(standing(), packet(more), atMs).send
  const services = [{ name: `${type}.local`, type: 'PTR' as const }]

  it.each([
    ['the type', services, ['PTR'], true],
    ['all types', [{ name: '_services._dns-sd._udp.local', type: 'PTR' as const }], ['PTR'], true],
    ['the name', [{ name: `Shelf.${type}.local`, type: 'SRV' as const }], ['SRV'], false],
    ['the host', [{ name: hostName(type, 'shelf'), type: 'A' as const }], ['A'], false],
  ])('for %s is answered', (_what, questions, types, isDelayed) => {
    const [answer] = ask({ questions })
    expect(answer!.packet.answers.map((it) => it.type)).toEqual(types)
    expect(answer!.isDelayed).toBe(isDelayed)
  })

  it('for the type brings along what is asked next', () => {
    expect(ask({ questions: services })[0]!.packet.additionals.map((it) => it.type)).toEqual(['SRV', 'TXT', 'A'])
  })

  it.each([
    [4500, 0],
    [2250, 0],
    [2249, 1],
  ])('whose asker knows the answer for %i s more gets %i', (ttlSeconds, count) => {
    const known: DnsRecord = {
      name: `${type}.local`,
      type: 'PTR',
      data: instanceName(type, 'shelf'),
      ttlSeconds,
      isUnique: false,
    }
    expect(ask({ questions: services, answers: [known] })).toHaveLength(count)
  })

  it('is answered to all once a second at most', () => {
    const { state, send } = onPacket(standing(), packet({ questions: services }), 60_000)
    expect(send).toHaveLength(1)
    expect(onPacket(state, packet({ questions: services }), 60_900).send).toEqual([])
    expect(onPacket(state, packet({ questions: services }), 61_000).send).toHaveLength(1)
  })

  it('of an ordinary resolver is answered to it alone, with its id and for a short time', () => {
    const [answer] = ask({ questions: services, legacyId: 77 })
    expect(answer).toMatchObject({ toSender: true, packet: { legacyId: 77, questions: services } })
    expect(answer!.packet.answers).toMatchObject([{ ttlSeconds: 10, isUnique: false }])
  })

  it.each([
    ['another type', [{ name: '_http._tcp.local', type: 'PTR' as const }]],
    ['another name', [{ name: `lab.${type}.local`, type: 'ANY' as const }]],
  ])('for %s is not answered', (_what, questions) => expect(ask({ questions })).toEqual([]))

  it('is not answered while the name is not ours', () => {
    const probing = startResponder(service, usualTtls, 0, 0)
    expect(onPacket(probing, packet({ questions: services }), 10).send).toEqual([])
  })
})

describe('what ends or changes', () => {
  it('is told with no time left, if it was told before', () => {
    expect(farewell(startResponder(service, usualTtls, 0, 0))).toBeUndefined()
    const goodbye = farewell(standing())!
    expect(goodbye.answers.map((it) => [it.type, it.ttlSeconds])).toEqual([
      ['PTR', 0],
      ['SRV', 0],
      ['TXT', 0],
      ['A', 0],
    ])
  })

  it('is announced again under the name that it has', () => {
    const renamed = { ...standing(), service: { ...service, label: 'shelf-2' } }
    const changed = changeService(renamed, { ...service, txt: { version: '2' } }, 9000)
    const { sent } = run(changed, 20_000)
    expect(sent.map(({ atMs }) => atMs)).toEqual([9000, 10_000])
    expect(sent[0]!.packet.answers).toContainEqual(expect.objectContaining({ type: 'TXT', data: ['version=2'] }))
    expect(sent[0]!.packet.answers[0]).toMatchObject({ data: 'shelf-2._cloudlet._tcp.local' })
  })
})

describe('of any two claims', () => {
  const claims = fc.array(
    fc
      .record({ port: fc.nat(65535), last: fc.nat(255), version: fc.string({ maxLength: 20 }) })
      .map(({ port, last, version }) =>
        uniqueRecords({ ...service, port, addresses: [`10.0.0.${last}`], txt: { version } }, usualTtls),
      ),
    { minLength: 2, maxLength: 2 },
  )
  it('exactly one wins, or they are the same', () => {
    fc.assert(
      fc.property(claims, ([a, b]) => {
        expect(Math.sign(compareClaims(a!, b!))).toBe(-Math.sign(compareClaims(b!, a!)) + 0)
        expect(compareClaims(a!, a!.toReversed())).toBe(0)
      }),
    )
  })
})

describe('names', () => {
  it.each([
    ['shelf', 'shelf-2'],
    ['shelf-2', 'shelf-3'],
    ['shelf-9', 'shelf-10'],
    ['pi-07', 'pi-07-2'],
    ['x'.repeat(50), `${'x'.repeat(48)}-2`],
  ])('after %s comes %s', (label, next) => expect(nextLabel(label)).toBe(next))

  it('never come twice, and stay labels', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,48}[a-z0-9])?$/), (label) => {
        const names = [label]
        for (let n = 0; n < 20; n++) names.push(nextLabel(names.at(-1)!))
        expect(new Set(names).size).toBe(21)
        expect(names.every((it) => it.length <= 50)).toBe(true)
      }),
    )
  })
})

describe('texts', () => {
  it.each<[string[], Record<string, string>]>([
    [['version=1', 'path=/v1'], { version: '1', path: '/v1' }],
    [['Version=1', 'version=2'], { version: '1' }],
    [['flag', '=odd', ''], { flag: '' }],
    [['a=b=c'], { a: 'b=c' }],
  ])('%j are read as keys and values', (texts, read) => expect(readTexts(texts)).toEqual(read))

  it('are cut to 255 bytes', () => {
    const [, txt] = uniqueRecords({ ...service, txt: { a: 'ä'.repeat(300) } }, usualTtls)
    expect(Buffer.byteLength((txt!.data as readonly string[])[0]!)).toBeLessThanOrEqual(255)
  })
})
