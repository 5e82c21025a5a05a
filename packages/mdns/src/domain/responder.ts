// Tells of one service on one interface (RFC 6762, 8 to 10). Pure: what happened and the time go in, packets and the time
// of the next step come out.
//
//               3 probes, 250 ms apart         2 announcements, 1 s apart
//   probing ------------------------------> announcing -------------------> standing
//      ^  ^ another claims the name too,        |                              |
//      |  | and wins: once more after 1 s       |   somebody has it as well    |
//      |  +-- it is somebody's: `-2`, `-3`      |                              |
//      +----------------------------------------+------------------------------+
//
// While it probes nothing is answered: the name is not ours yet.
import { answerQuery } from './answer-query.ts'
import { compareClaims } from './compare-claims.ts'
import { nextLabel } from './next-label.ts'
import { keyOf, sameName, sameRecord } from './record.ts'
import type { DnsRecord, Packet } from './record.ts'
import { sharedRecords, uniqueRecords } from './service.ts'
import type { Service, Ttls } from './service.ts'

export interface ResponderState {
  /** Under the name that it has, or probes for. */
  service: Service
  ttls: Ttls
  phase: 'probing' | 'announcing' | 'standing'
  /** Of the packets of its phase. */
  sent: number
  /** When the next step is due; Infinity when only a packet can cause one. */
  dueMs: number
  /** When names were found to be taken, lately. */
  conflictsMs: readonly number[]
  /** When records were last sent to all, by `keyOf`. */
  sentMs: ReadonlyMap<string, number>
}

export interface Outgoing {
  packet: Packet
  /** To the sender of what it answers; to all when absent. */
  toSender?: boolean
  /** Others may answer as well: to be sent after a random 20 to 120 ms (RFC 6762, 6). */
  isDelayed: boolean
}

export interface Outcome {
  state: ResponderState
  send: Outgoing[]
}

const probes = 3
const probeIntervalMs = 250
const announcements = 2
const announceIntervalMs = 1000
const afterLostTieMs = 1000
const sameRecordIntervalMs = 1000
/** RFC 6762, 8.1: who conflicts without end slows down. */
const conflictsAtMost = 15
const conflictsWithinMs = 10_000
const slowProbingMs = 5000

/** `jitterMs` is a random 0 to 250, so that hosts that were switched on together do not probe together. */
export function startResponder(service: Service, ttls: Ttls, nowMs: number, jitterMs: number): ResponderState {
  return {
    ...{ service, ttls, phase: 'probing', sent: 0, dueMs: nowMs + jitterMs },
    ...{ conflictsMs: [], sentMs: new Map() },
  }
}

export function onTime(state: ResponderState, nowMs: number): Outcome {
  if (nowMs < state.dueMs) return { state, send: [] }
  if (state.phase === 'probing' && state.sent < probes) {
    const sent = state.sent + 1
    return { state: { ...state, sent, dueMs: nowMs + probeIntervalMs }, send: [toAll(probeOf(state))] }
  }
  const sent = state.phase === 'announcing' ? state.sent + 1 : 1
  const isLast = sent === announcements
  const phase = isLast ? 'standing' : 'announcing'
  const next = { ...state, phase, sent, dueMs: isLast ? Infinity : nowMs + announceIntervalMs } as const
  const answers = recordsOf(state)
  return { state: noteSent(next, answers, nowMs), send: [toAll({ ...nothing, answers })] }
}

export function onPacket(state: ResponderState, packet: Packet, nowMs: number): Outcome {
  if (packet.kind === 'response') return { state: noteResponse(state, packet, nowMs), send: [] }
  if (state.phase !== 'probing') return answer(state, packet, nowMs)
  return { state: hasLostTie(state, packet) ? probeAgain(state, nowMs + afterLostTieMs) : state, send: [] }
}

/** What it tells has changed, but not where it is told: it is announced again, with a name that it has. */
export function changeService(state: ResponderState, service: Service, nowMs: number): ResponderState {
  const kept = { ...state, service: { ...service, label: state.service.label } }
  return state.phase === 'probing' ? kept : { ...kept, phase: 'announcing', sent: 0, dueMs: nowMs }
}

/** The records with no time left, for when it ends; nothing while it never told of them. */
export function farewell(state: ResponderState): Packet | undefined {
  if (state.phase === 'probing') return undefined
  const own = recordsOf(state).filter(({ name }) => !sameName(name, '_services._dns-sd._udp.local'))
  return { ...nothing, answers: own.map((record) => ({ ...record, ttlSeconds: 0 })) }
}

const nothing: Packet = { kind: 'response', questions: [], answers: [], authorities: [], additionals: [] }
const toAll = (packet: Packet): Outgoing => ({ packet, isDelayed: false })

const uniqueOf = ({ service, ttls }: ResponderState) => uniqueRecords(service, ttls)
const recordsOf = (state: ResponderState) => [...sharedRecords(state.service, state.ttls), ...uniqueOf(state)]

function probeOf(state: ResponderState): Packet {
  const authorities = uniqueOf(state)
  const names = [...new Set(authorities.map(({ name }) => name))]
  return { ...nothing, kind: 'query', questions: names.map((name) => ({ name, type: 'ANY' })), authorities }
}

function answer(state: ResponderState, query: Packet, nowMs: number): Outcome {
  const { answers, additionals } = answerQuery(query, recordsOf(state))
  if (query.legacyId !== undefined) {
    const send = answers.length > 0 ? [toAsker(query, answers, additionals)] : []
    return { state, send }
  }
  const isProbe = query.authorities.length > 0
  const isFresh = (record: DnsRecord) => nowMs - (state.sentMs.get(keyOf(record)) ?? -Infinity) < sameRecordIntervalMs
  const due = isProbe ? answers : answers.filter((record) => !isFresh(record))
  if (due.length === 0) return { state, send: [] }
  const packet = { ...nothing, answers: due, additionals }
  const isDelayed = !isProbe && due.some(({ isUnique }) => !isUnique)
  return { state: noteSent(state, due, nowMs), send: [{ packet, isDelayed }] }
}

/** As an ordinary DNS server would: with the question, and for a short time (RFC 6762, 6.7). */
function toAsker({ questions, legacyId }: Packet, answers: DnsRecord[], additionals: DnsRecord[]): Outgoing {
  const plain = (records: DnsRecord[]) =>
    records.map((record) => ({ ...record, isUnique: false, ttlSeconds: Math.min(10, record.ttlSeconds) }))
  const packet = { ...nothing, questions, answers: plain(answers), additionals: plain(additionals) }
  return { packet: { ...packet, legacyId: legacyId! }, toSender: true, isDelayed: false }
}

function noteResponse(state: ResponderState, { answers, additionals }: Packet, nowMs: number): ResponderState {
  const own = uniqueOf(state)
  const isForeign = (record: DnsRecord) => {
    const rivals = own.filter(({ name, type }) => sameName(name, record.name) && type === record.type)
    return record.ttlSeconds > 0 && rivals.length > 0 && !rivals.some((it) => sameRecord(it, record))
  }
  if (![...answers, ...additionals].some(isForeign)) return state
  // Both had the name, say because their networks were joined: probing tells whose it is to be.
  if (state.phase !== 'probing') return probeAgain(state, nowMs)
  return rename(state, nowMs)
}

function rename(state: ResponderState, nowMs: number): ResponderState {
  const conflictsMs = [...state.conflictsMs.filter((atMs) => nowMs - atMs < conflictsWithinMs), nowMs]
  const pauseMs = conflictsMs.length >= conflictsAtMost ? slowProbingMs : 0
  const service = { ...state.service, label: nextLabel(state.service.label) }
  return probeAgain({ ...state, service, conflictsMs }, nowMs + pauseMs)
}

const probeAgain = (state: ResponderState, dueMs: number): ResponderState => ({
  ...state,
  ...{ phase: 'probing', sent: 0, dueMs },
})

/** Another host probes for a name of ours at this moment, and its claim is the stronger one. */
function hasLostTie(state: ResponderState, { authorities }: Packet): boolean {
  const own = uniqueOf(state)
  const names = [...new Set(own.map(({ name }) => name))]
  return names.some((wanted) => {
    const theirs = authorities.filter(({ name }) => sameName(name, wanted))
    const ours = own.filter(({ name }) => name === wanted)
    return theirs.length > 0 && compareClaims(ours, theirs) < 0
  })
}

function noteSent(state: ResponderState, records: readonly DnsRecord[], nowMs: number): ResponderState {
  const sentMs = new Map([...state.sentMs].filter(([, atMs]) => nowMs - atMs < sameRecordIntervalMs))
  for (const record of records) sentMs.set(keyOf(record), nowMs)
  return { ...state, sentMs }
}
