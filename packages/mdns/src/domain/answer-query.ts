import { sameName, sameRecord } from './record.ts'
import type { DnsRecord, Packet, Question } from './record.ts'

export interface Answers {
  answers: DnsRecord[]
  /** What the asker will want next. */
  additionals: DnsRecord[]
}

/** What a query asks of our records and does not know yet (RFC 6762, 6 and 7.1). */
export function answerQuery({ questions, answers: known }: Packet, records: readonly DnsRecord[]): Answers {
  const answers = records.filter((record) => questions.some((it) => asksFor(it, record)) && !isKnown(record, known))
  const wanted = answers.flatMap((record) => followUps(record, records))
  const additionals = records.filter((record) => wanted.includes(record) && !answers.includes(record))
  return { answers, additionals }
}

const asksFor = ({ name, type }: Question, record: DnsRecord): boolean =>
  (type === 'ANY' || type === record.type) && sameName(name, record.name)

/** What the asker knows for half of its time or longer is not told again. */
const isKnown = (record: DnsRecord, known: readonly DnsRecord[]): boolean =>
  known.some((it) => sameRecord(it, record) && it.ttlSeconds >= record.ttlSeconds / 2)

/** RFC 6763, 12: a name leads to host and port and texts, a host to its addresses. */
function followUps(record: DnsRecord, records: readonly DnsRecord[]): DnsRecord[] {
  const leadsTo = record.type === 'PTR' ? record.data : record.type === 'SRV' ? record.data.target : undefined
  if (leadsTo === undefined) return []
  const next = records.filter(({ name, type }) => type !== 'PTR' && sameName(name, leadsTo))
  return [...next, ...next.flatMap((it) => followUps(it, records))]
}
