// Looks for services of some types on one interface (RFC 6762, 5.2). It asks at growing intervals, tells what it knows
// already, asks for what is missing of a service, and once more for what is about to expire. Pure, as the responder is.
import { dropExpired, lookUp, noteAnswers } from './cache.ts'
import type { Cache, Cached } from './cache.ts'
import { sameName } from './record.ts'
import type { DnsRecord, Packet, Question } from './record.ts'
import { typeName } from './service.ts'

export interface BrowserState {
  types: readonly string[]
  cache: Cache
  /** When the types are asked for next, and how long after that again. */
  askMs: number
  intervalMs: number
  /** Single names that were asked for and are not answered yet, by name and type. */
  asked: ReadonlyMap<string, Asked>
}

interface Asked {
  atMs: number
  times: number
}

const firstIntervalMs = 1000
const longestIntervalMs = 3_600_000
/** Of its time, after which a record is asked for again. */
const refreshAt = 0.8
const lookEveryMs = 1000

/** `jitterMs` is a random 20 to 120. Without types it asks nothing. */
export const startBrowser = (types: readonly string[], nowMs: number, jitterMs: number): BrowserState => ({
  ...{ types, cache: new Map(), askMs: types.length > 0 ? nowMs + jitterMs : Infinity },
  ...{ intervalMs: firstIntervalMs, asked: new Map() },
})

export function hearPacket(state: BrowserState, packet: Packet, nowMs: number): BrowserState {
  const isWanted = wantedOf(state, packet)
  const answers = packet.answers.filter(isWanted)
  const additionals = packet.additionals.filter(isWanted)
  if (answers.length + additionals.length === 0) return state
  return { ...state, cache: noteAnswers(state.cache, { ...packet, answers, additionals }, nowMs) }
}

/** What is to be asked now; to be called at the latest at `nextLookMs`. */
export function lookAround(before: BrowserState, nowMs: number): { state: BrowserState; query?: Packet } {
  const state = { ...before, cache: dropExpired(before.cache, nowMs) }
  const isDue = nowMs >= state.askMs
  const types = isDue ? state.types.map((type): Question => ({ name: typeName(type), type: 'PTR' })) : []
  const open = missingOf(state).concat(agingOf(state, nowMs))
  const singles = open.filter((it) => isAskedNow(state.asked.get(keyOfQuestion(it)), nowMs))
  const questions = [...types, ...singles]
  const asked = noteAsked(state.asked, { open, singles }, nowMs)
  if (questions.length === 0) return { state: { ...state, asked } }
  const times = { askMs: nowMs + state.intervalMs, intervalMs: Math.min(2 * state.intervalMs, longestIntervalMs) }
  const query: Packet = { ...nothing, questions, answers: knownOf(state, questions, nowMs) }
  return { state: { ...state, ...(isDue && times), asked }, query }
}

const keyOfQuestion = ({ name, type }: Question) => `${name} ${type}`

/** After 1, 2, 4 ... seconds: a host that was switched off does not answer. */
const isAskedNow = (asked: Asked | undefined, nowMs: number): boolean =>
  !asked || nowMs - asked.atMs >= Math.min(firstIntervalMs * 2 ** (asked.times - 1), longestIntervalMs)

function noteAsked(
  before: BrowserState['asked'],
  { open, singles }: { open: Question[]; singles: Question[] },
  atMs: number,
): BrowserState['asked'] {
  const entries = open.flatMap((question): [string, Asked][] => {
    const key = keyOfQuestion(question)
    const known = before.get(key)
    if (singles.includes(question)) return [[key, { atMs, times: (known?.times ?? 0) + 1 }]]
    return known ? [[key, known]] : []
  })
  return new Map(entries)
}

export const nextLookMs = ({ askMs, cache }: BrowserState, nowMs: number): number =>
  cache.size === 0 ? askMs : Math.min(askMs, nowMs + lookEveryMs)

const nothing: Packet = { kind: 'query', questions: [], answers: [], authorities: [], additionals: [] }

/** Of hosts only those are of interest that a service names, here or before. */
function wantedOf({ types, cache }: BrowserState, { answers, additionals }: Packet) {
  const told = [...answers, ...additionals, ...Array.from(cache.values(), ({ record }) => record)]
  const targets = told.flatMap((it) => (it.type === 'SRV' && isOfTypes(types, it) ? it.data.target.toLowerCase() : []))
  const hosts = new Set(targets)
  return (record: DnsRecord): boolean => {
    if (record.type === 'PTR') return types.some((type) => sameName(record.name, typeName(type)))
    return record.type === 'A' ? hosts.has(record.name.toLowerCase()) : isOfTypes(types, record)
  }
}

const isOfTypes = (types: readonly string[], { name }: DnsRecord): boolean =>
  types.some((type) => name.toLowerCase().endsWith(`.${typeName(type)}`.toLowerCase()))

/** The names of the services that are known. */
export const instancesOf = ({ cache }: BrowserState, type: string): (Cached & { record: { data: string } })[] =>
  lookUp(cache, typeName(type), 'PTR') as (Cached & { record: { data: string } })[]

function missingOf(state: BrowserState): Question[] {
  const { cache, types } = state
  return types.flatMap((type) =>
    instancesOf(state, type).flatMap(({ record: { data: name } }): Question[] => {
      const [srv] = lookUp(cache, name, 'SRV')
      if (!srv) return [{ name, type: 'SRV' }]
      const { target } = srv.record.data
      const noTxt = lookUp(cache, name, 'TXT').length === 0 ? [{ name, type: 'TXT' } as const] : []
      const noAddress = lookUp(cache, target, 'A').length === 0 ? [{ name: target, type: 'A' } as const] : []
      return [...noTxt, ...noAddress]
    }),
  )
}

const agingOf = ({ cache }: BrowserState, nowMs: number): Question[] =>
  [...cache.values()]
    .filter(({ record, heardMs }) => nowMs >= heardMs + record.ttlSeconds * 1000 * refreshAt)
    .filter(({ expiresMs, heardMs, record }) => expiresMs >= heardMs + record.ttlSeconds * 1000)
    .map(({ record: { name, type } }) => ({ name, type }))

/** With the time that they have left, if that is more than half of it (RFC 6762, 7.1). */
function knownOf({ cache }: BrowserState, questions: readonly Question[], nowMs: number): DnsRecord[] {
  const asks = (record: DnsRecord) => questions.some((it) => it.type === record.type && sameName(it.name, record.name))
  return [...cache.values()]
    .filter(({ record }) => record.type === 'PTR' && asks(record))
    .filter(({ record, expiresMs }) => expiresMs - nowMs > (record.ttlSeconds * 1000) / 2)
    .map(({ record, expiresMs }) => ({
      ...record,
      ttlSeconds: Math.floor((expiresMs - nowMs) / 1000),
      isUnique: false,
    }))
}
