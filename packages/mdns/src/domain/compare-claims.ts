// Which of two hosts that claim a name at the same moment gets it (RFC 6762, 8.2): their records, sorted, are compared
// byte by byte, and the later ones in this order win.
import type { DnsRecord, RecordType } from './record.ts'

const typeNumbers: Record<RecordType, number> = { A: 1, PTR: 12, TXT: 16, SRV: 33 }

/** Negative when `ours` lose, 0 when both claim the same. */
export function compareClaims(ours: readonly DnsRecord[], theirs: readonly DnsRecord[]): number {
  const [mine, others] = [sortedBytes(ours), sortedBytes(theirs)]
  for (let at = 0; at < Math.max(mine.length, others.length); at++) {
    const [own, other] = [mine[at], others[at]]
    if (!own || !other) return own ? 1 : -1
    const order = Buffer.compare(own, other)
    if (order !== 0) return order
  }
  return 0
}

const sortedBytes = (records: readonly DnsRecord[]) => records.map(bytesOf).toSorted(Buffer.compare)

const bytesOf = (record: DnsRecord): Buffer =>
  Buffer.concat([uint16(1), uint16(typeNumbers[record.type]), data(record)])

function data(record: DnsRecord): Buffer {
  switch (record.type) {
    case 'A':
      return Buffer.from(record.data.split('.').map(Number))
    case 'PTR':
      return nameBytes(record.data)
    case 'TXT':
      return Buffer.concat(record.data.map(labelBytes))
    case 'SRV':
      return Buffer.concat([uint16(0), uint16(0), uint16(record.data.port), nameBytes(record.data.target)])
  }
}

const nameBytes = (name: string) => Buffer.concat([...name.split('.').map(labelBytes), Buffer.of(0)])

function labelBytes(text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([Buffer.of(bytes.length), bytes])
}

const uint16 = (value: number) => Buffer.of(value >> 8, value & 255)
