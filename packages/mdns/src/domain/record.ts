// The records of DNS that services are told with (RFC 6763), as values that can be compared.

export interface SrvTarget {
  target: string
  port: number
}

export type RecordData =
  | { type: 'PTR'; data: string }
  | { type: 'SRV'; data: SrvTarget }
  | { type: 'TXT'; data: readonly string[] }
  | { type: 'A'; data: string }

export type DnsRecord = RecordData & {
  name: string
  ttlSeconds: number
  /** Only one host has records of this name and type: they replace what was known of it (RFC 6762, 10.2). */
  isUnique: boolean
}

export type RecordType = DnsRecord['type']

export interface Question {
  name: string
  type: RecordType | 'ANY'
}

export interface Packet {
  kind: 'query' | 'response'
  questions: Question[]
  /** Of a query: what the asker knows already. */
  answers: DnsRecord[]
  /** Of a query: what the asker is about to claim, which makes it a probe. */
  authorities: DnsRecord[]
  additionals: DnsRecord[]
  /** The id of a query that was not sent by a peer of multicast DNS and has to be answered to its sender alone. */
  legacyId?: number
}

/** Names are compared without regard to case (RFC 6762, 16). */
export const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

export const sameData = (a: RecordData, b: RecordData): boolean => dataText(a) === dataText(b)

export const sameRecord = (a: DnsRecord, b: DnsRecord): boolean => sameName(a.name, b.name) && sameData(a, b)

/** One text per record, whatever its age. */
export const keyOf = (record: DnsRecord): string => `${record.name.toLowerCase()} ${dataText(record)}`

function dataText(record: RecordData): string {
  switch (record.type) {
    case 'PTR':
      return `PTR ${record.data.toLowerCase()}`
    case 'SRV':
      return `SRV ${record.data.target.toLowerCase()}:${record.data.port}`
    case 'TXT':
      return `TXT ${JSON.stringify(record.data)}`
    case 'A':
      return `A ${record.data}`
  }
}
