// Looks for services of some types on one interface (RFC 6762, 5.2). It asks at growing intervals, tells what it knows
// already, asks for what is missing of a service, and again for what is about to expire. Pure, as the responder is.
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
/** Of its time, after which a record is asked for again (RFC 6762, 5.2). */
const refreshAt = [0.8, 0.85, 0.9, 0.95]

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
  const open = onceEach([...missingOf(state), ...agingOf(state, nowMs)])
  const singles = open.filter(({ dueMs }) => nowMs >= dueMs)
  const questions = [...types, ...singles.map(({ question }) => question)]
  const asked = noteAsked(state.asked, open, nowMs)
  if (questions.length === 0) return { state: { ...state, asked } }
  const times = { askMs: nowMs + state.intervalMs, intervalMs: Math.min(2 * state.intervalMs, longestIntervalMs) }
  const query: Packet = { ...nothing, questions, answers: knownOf(state, questions, nowMs) }
  return { state: { ...state, ...(isDue && times), asked }, query }
}

/** A single name that is to be asked for at `dueMs`. */
interface Open {
  question: Question
  dueMs: number
}

/** Several records of one name ask the same. */
function onceEach(open: readonly Open[]): Open[] {
  const first = new Map<string, Open>()
  for (const it of open) {
    const key = keyOfQuestion(it.question)
    const known = first.get(key)
    if (!known || it.dueMs < known.dueMs) first.set(key, it)
  }
  return [...first.values()]
}

const keyOfQuestion = ({ name, type }: Question) => `${name} ${type}`

function noteAsked(before: BrowserState['asked'], open: readonly Open[], nowMs: number): BrowserState['asked'] {
  const entries = open.flatMap(({ question, dueMs }): [string, Asked][] => {
    const key = keyOfQuestion(question)
    const known = before.get(key)
    if (nowMs >= dueMs) return [[key, { atMs: nowMs, times: (known?.times ?? 0) + 1 }]]
    return known ? [[key, known]] : []
  })
  return new Map(entries)
}

/** The next time that something is to be asked for or forgotten. */
export function nextLookMs(state: BrowserState, nowMs: number): number {
  const marks = Array.from(state.cache.values(), (held) => marksOf(held).find((atMs) => atMs > nowMs) ?? Infinity)
  const times = [state.askMs, ...missingOf(state).map(({ dueMs }) => dueMs), ...marks]
  return Math.max(
    nowMs,
    times.reduce((a, b) => Math.min(a, b)),
  )
}

/** When it is to be asked for again, and at last when it expires. */
function marksOf({ record, heardMs, expiresMs }: Cached): number[] {
  const lastsMs = record.ttlSeconds * 1000
  const isLeaving = expiresMs < heardMs + lastsMs
  return isLeaving ? [expiresMs] : [...refreshAt.map((part) => heardMs + lastsMs * part), expiresMs]
}

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

/** After 1, 2, 4 ... seconds: a host that was switched off does not answer. */
function missingOf(state: BrowserState): Open[] {
  const dueMs = (question: Question): number => {
    const asked = state.asked.get(keyOfQuestion(question))
    return asked ? asked.atMs + Math.min(firstIntervalMs * 2 ** (asked.times - 1), longestIntervalMs) : -Infinity
  }
  return missingNames(state).map((question) => ({ question, dueMs: dueMs(question) }))
}

function missingNames(state: BrowserState): Question[] {
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

/** Once for each mark that it has passed: an answer may be lost. */
function agingOf({ cache, asked }: BrowserState, nowMs: number): Open[] {
  return [...cache.values()].flatMap((held): Open[] => {
    const markMs = marksOf(held).findLast((atMs) => atMs <= nowMs)
    if (markMs === undefined) return []
    const question = { name: held.record.name, type: held.record.type }
    const askedMs = asked.get(keyOfQuestion(question))?.atMs ?? -Infinity
    return [{ question, dueMs: askedMs < markMs ? markMs : Infinity }]
  })
}

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
