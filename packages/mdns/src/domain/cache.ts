// What other hosts told, for as long as it holds (RFC 6762, 10). Only what leads to a service of a wanted type is kept,
// and only so much of it: anybody on the network can tell anything.
import { keyOf, sameName } from './record.ts'
import type { DnsRecord, Packet } from './record.ts'

export interface Cached {
  record: DnsRecord
  /** When it was first told of, since it was last unknown. */
  firstMs: number
  heardMs: number
  expiresMs: number
}

/** By `keyOf`. */
export type Cache = ReadonlyMap<string, Cached>

const recordsAtMost = 4000
/** Records of one answer may come in several packets: what a newer one replaces is held so much longer. */
const graceMs = 1000

export function noteAnswers(cache: Cache, { kind, answers, additionals }: Packet, nowMs: number): Cache {
  if (kind !== 'response') return cache
  const told = [...answers, ...additionals]
  const next = new Map(cache)
  for (const record of told) if (record.isUnique) replaceOlder(next, record, nowMs)
  for (const record of told) note(next, record, nowMs)
  return next
}

function note(cache: Map<string, Cached>, record: DnsRecord, nowMs: number): void {
  const key = keyOf(record)
  const before = cache.get(key)
  if (record.ttlSeconds === 0) {
    // A goodbye; the second is for who has the same to tell.
    if (before) cache.set(key, { ...before, expiresMs: Math.min(before.expiresMs, nowMs + graceMs) })
    return
  }
  if (!before && cache.size >= recordsAtMost) return
  const expiresMs = nowMs + record.ttlSeconds * 1000
  cache.set(key, { record, firstMs: before?.firstMs ?? nowMs, heardMs: nowMs, expiresMs })
}

function replaceOlder(cache: Map<string, Cached>, { name, type }: DnsRecord, nowMs: number): void {
  for (const [key, held] of cache) {
    const isSame = held.record.type === type && sameName(held.record.name, name)
    if (!isSame || nowMs - held.heardMs <= graceMs) continue
    cache.set(key, { ...held, expiresMs: Math.min(held.expiresMs, nowMs + graceMs) })
  }
}

export const dropExpired = (cache: Cache, nowMs: number): Cache =>
  [...cache.values()].some(({ expiresMs }) => expiresMs <= nowMs)
    ? new Map([...cache].filter(([, { expiresMs }]) => expiresMs > nowMs))
    : cache

/** What is still known of a name. */
export const lookUp = <T extends DnsRecord['type']>(cache: Cache, name: string, type: T) =>
  [...cache.values()].filter(
    (held): held is Cached & { record: DnsRecord & { type: T } } =>
      held.record.type === type && sameName(held.record.name, name),
  )
