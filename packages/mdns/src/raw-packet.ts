// Packets as multicast-dns decodes and encodes them. What came from the network is checked here; record types that no
// service is told with are left out.
import type { RawPacket, RawRecord, Sender } from 'multicast-dns'
import { parseIPv4 } from './domain/subnet.ts'
import type { DnsRecord, Packet, Question, RecordData, SrvTarget } from './domain/record.ts'

const mdnsPort = 5353
const authoritative = 1 << 10
const questionTypes = ['PTR', 'SRV', 'TXT', 'A', 'ANY'] as const
/** Names and texts are shown on terminals. */
const control = /[\x00-\x1f\x7f-\x9f]/g

export function readPacket(raw: RawPacket, from: Sender): Packet {
  const kind = raw.type === 'response' ? 'response' : 'query'
  const isLegacy = kind === 'query' && from.port !== mdnsPort
  return {
    kind,
    questions: (raw.questions ?? []).flatMap(readQuestion),
    answers: readAll(raw.answers),
    authorities: readAll(raw.authorities),
    additionals: readAll(raw.additionals),
    ...(isLegacy && { legacyId: raw.id ?? 0 }),
  }
}

function readQuestion({ name, type: given }: { name: string; type: string }): Question[] {
  const type = questionTypes.find((it) => it === given)
  return type ? [{ name, type }] : []
}

const readAll = (records: RawRecord[] = []) => records.flatMap((raw) => readRecord(raw) ?? [])

function readRecord(raw: RawRecord): DnsRecord | undefined {
  const data = readData(raw)
  if (!data || raw.class !== 'IN' || raw.name.search(control) >= 0) return undefined
  return { name: raw.name, ttlSeconds: raw.ttl ?? 0, isUnique: raw.flush === true, ...data }
}

function readData({ type, data }: RawRecord): RecordData | undefined {
  switch (type) {
    case 'PTR':
      return typeof data === 'string' && data.search(control) < 0 ? { type, data } : undefined
    case 'A':
      return typeof data === 'string' && parseIPv4(data) !== undefined ? { type, data } : undefined
    case 'SRV':
      return isSrvTarget(data) ? { type, data: { target: data.target, port: data.port } } : undefined
    case 'TXT':
      return { type, data: [data].flat().map((text) => String(text).replace(control, '?')) }
    default:
      return undefined
  }
}

function isSrvTarget(data: unknown): data is SrvTarget {
  const { target, port } = (data ?? {}) as Partial<SrvTarget>
  return typeof target === 'string' && target.search(control) < 0 && Number.isInteger(port)
}

export function writePacket({ kind, questions, legacyId, ...sections }: Packet): RawPacket {
  return {
    type: kind,
    ...(kind === 'response' && { flags: authoritative }),
    ...(legacyId !== undefined && { id: legacyId }),
    questions,
    answers: sections.answers.map(writeRecord),
    authorities: sections.authorities.map(writeRecord),
    additionals: sections.additionals.map(writeRecord),
  }
}

const writeRecord = ({ name, type, data, ttlSeconds, isUnique }: DnsRecord): RawRecord => ({
  ...{ name, type, class: 'IN', ttl: ttlSeconds },
  data: type === 'SRV' ? { ...data, priority: 0, weight: 0 } : data,
  ...(isUnique && { flush: true }),
})
