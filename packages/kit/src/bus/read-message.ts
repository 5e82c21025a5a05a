// The other end of write-message.ts.
import { hash } from 'node:crypto'
import { isSameList } from '@bramble/contracts'
import type { BusMessage } from './bus.ts'
import { createKeptLines } from './kept-lines.ts'
import { head, mostKeptBytes, noLines, shiftedEnds, startOf } from './message-lines.ts'
import type { Lines } from './message-lines.ts'
import { linesOf } from './write-message.ts'

/** @throws when the bytes are no message of ours */
export type ReadMessage = (key: string, bytes: Buffer) => BusMessage

const [lineBreak, comma, closingBracket] = [0x0a, 0x2c, 0x5d]

/** @throws when the bytes are no message of ours */
export const decodeMessage = (bytes: Buffer): BusMessage => checkMessage(JSON.parse(bytes.toString('utf8')))

/** What is left of a message that is not kept: enough to see that the next one says the same. */
interface Forgotten {
  /** Of its lines and all behind them. */
  digest: string
  instances: readonly unknown[]
  /** How far behind its first line what comes after the instances begins. */
  endAt: number
}

/** For the complete documents of one subscription. Of each key it keeps the instances of the last one. */
export function createMessageReader(keptBytes = mostKeptBytes): ReadMessage {
  const forgotten = new Map<string, Forgotten>()
  const kept = createKeptLines(keptBytes, (key, lines) => {
    const { bytes, first, instances } = lines
    forgotten.set(key, { digest: digestOf(bytes, first), instances, endAt: endOf(lines) - first })
  })
  const decodeOther = (key: string, bytes: Buffer): BusMessage => {
    forgotten.delete(key)
    kept.delete(key)
    return decodeMessage(bytes)
  }
  return (key, bytes) => {
    const first = bytes.indexOf(lineBreak) + 1
    const frame = bytes.toString('utf8', 0, first)
    if (!frame.endsWith(`${head}\n`)) return decodeOther(key, bytes)
    const before = forgotten.get(key)
    if (before && before.digest === digestOf(bytes, first))
      return join(frame, { instances: before.instances, end: bytes.toString('utf8', first + before.endAt) })
    const last = kept.get(key) ?? (before && linesOf(before.instances))
    const lines = readLines(bytes, first, last)
    if (!lines) return decodeOther(key, bytes)
    const message = join(frame, { instances: lines.instances, end: bytes.toString('utf8', endOf(lines)) })
    const own = keep(lines, last)
    forgotten.delete(key)
    kept.set(key, own)
    return { ...message, instances: own.instances } as BusMessage
  }
}

const digestOf = (bytes: Buffer, first: number): string => hash('sha256', bytes.subarray(first), 'base64')

/** Where what comes behind the instances begins. */
const endOf = ({ bytes, first, ends }: Lines): number => bytes.indexOf(closingBracket, ends.at(-1) ?? first)

/** @throws when it is no message */
const join = (frame: string, { instances, end }: { instances: readonly unknown[]; end: string }): BusMessage =>
  ({ ...checkMessage(JSON.parse(frame + end)), instances }) as BusMessage

/**
 * What came from a socket is a part of all that was read then; kept as it is, it would keep that too. It takes the place of
 * the last, where it is as long, and what it repeats stays: thousands a second are work for the garbage collector.
 */
function keep(lines: Lines, last = noLines): Lines {
  const bytes = last.bytes.length === lines.bytes.length ? last.bytes : Buffer.allocUnsafeSlow(lines.bytes.length)
  lines.bytes.copy(bytes)
  if (!isSameList(lines.instances, last.instances)) return { ...lines, bytes }
  if (bytes === last.bytes && lines.first === last.first) return last
  return { ...lines, bytes, instances: last.instances }
}

/** Senders keep the order of what they say: what was said before is looked for behind what was found last. */
function readLines(bytes: Buffer, first: number, last = noLines): Lines | undefined {
  const ends: number[] = []
  const instances: unknown[] = []
  let next = 0
  for (let at = first; bytes[at] !== closingBracket; at = bytes.indexOf(lineBreak, ends.at(-1)) + 1) {
    const broken = bytes.indexOf(lineBreak, at)
    if (broken === -1) return undefined
    const isListed = bytes[broken - 1] === comma
    if (!isListed && bytes[broken + 1] !== closingBracket) return undefined
    const end = isListed ? broken - 1 : broken
    const from = findLine(last, next, bytes.subarray(at, end))
    if (from === -1) {
      ends.push(end)
      instances.push(JSON.parse(bytes.toString('utf8', at, end)))
      continue
    }
    next = from + countSame(last, from, bytes.subarray(at))
    ends.push(...shiftedEnds(last, { from, to: next, at }))
    instances.push(...last.instances.slice(from, next))
  }
  return { bytes, first, ends, instances }
}

function findLine(last: Lines, next: number, line: Buffer): number {
  for (let at = next; at < last.ends.length; at += 1) {
    const start = startOf(last, at)
    if (last.ends[at]! - start !== line.length) continue
    if (line.compare(last.bytes, start, last.ends[at]) === 0) return at
  }
  return -1
}

/** How many lines from there on are the same; at least one is. */
function countSame(last: Lines, from: number, bytes: Buffer): number {
  const start = startOf(last, from)
  const isSame = (count: number) => {
    const end = last.ends[from + count - 1]!
    const length = end - start
    return isEnd(bytes, length) && bytes.compare(last.bytes, start, end, 0, length) === 0
  }
  let [same, other] = [1, last.ends.length - from + 1]
  if (other > 2 && isSame(other - 1)) return other - 1
  while (other - same > 1) {
    const middle = (same + other) >> 1
    if (isSame(middle)) same = middle
    else other = middle
  }
  return same
}

/** Whether a line ends there. */
const isEnd = (bytes: Buffer, at: number) =>
  bytes[at] === lineBreak || (bytes[at] === comma && bytes[at + 1] === lineBreak)

/** @throws when it is no message */
function checkMessage(body: unknown): BusMessage {
  if (typeof body === 'object' && body !== null && 'type' in body && typeof body.type === 'string') {
    return body as BusMessage
  }
  throw new TypeError('a message is an object with a type')
}
