import { readPacket, writePacket } from './raw-packet.ts'
import { sharedRecords, uniqueRecords, usualTtls } from './domain/service.ts'
import type { Packet } from './domain/record.ts'

const service = { type: '_cloudlet._tcp', label: 'shelf', port: 8080, addresses: ['10.0.0.1'], txt: { version: '1' } }
const peer = { address: '10.0.0.2', port: 5353 }

it('what is written is read again', () => {
  const packet: Packet = {
    kind: 'response',
    questions: [{ name: '_cloudlet._tcp.local', type: 'PTR' }],
    answers: sharedRecords(service, usualTtls),
    authorities: [],
    additionals: uniqueRecords(service, usualTtls),
  }
  expect(readPacket(writePacket(packet), peer)).toEqual(packet)
})

const read = (record: object) =>
  readPacket({ type: 'response', answers: [{ class: 'IN', ttl: 1, ...record } as never] }, peer)

it.each([
  [{ name: 'a.local', type: 'AAAA', data: '::1' }],
  [{ name: 'a.local', type: 'A', data: 'not-an-address' }],
  [{ name: 'a.local', type: 'A', class: 'CH', data: '10.0.0.1' }],
  [{ name: 'a.local', type: 'SRV', data: { port: 1 } }],
  [{ name: 'a\u001b[2J.local', type: 'A', data: '10.0.0.1' }],
  [{ name: 'a.local', type: 'PTR', data: 'b\n.local' }],
  [{ name: 'a.local', type: 'PTR' }],
])('%j is left out', (record) => expect(read(record).answers).toEqual([]))

it('texts may be anything, but nothing that moves a cursor', () => {
  const data = [Buffer.from('a=\u001b[2Jb'), Buffer.from('ä')]
  expect(read({ name: 'a.local', type: 'TXT', data }).answers).toMatchObject([{ data: ['a=?[2Jb', 'ä'] }])
})

it('who asks from another port wants the answer for itself', () => {
  expect(readPacket({ id: 7, type: 'query', questions: [] }, { ...peer, port: 40_000 }).legacyId).toBe(7)
  expect(readPacket({ id: 7, type: 'query', questions: [] }, peer)).not.toHaveProperty('legacyId')
})
