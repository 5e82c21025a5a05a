// Desired documents and reports are complete: each says again what has not changed, and of the instances of a node hardly
// any has. So that a message costs what is new in it, and not all that it says:
//   - it is written with one instance a line (JSON escapes line breaks within strings), and the lines of what was in the
//     last message to a receiver are copied from that: who says the same again hands over the same object;
//   - a line that was in the last message of a sender is not parsed again (read-message.ts).
// The text is JSON like any other, and any other JSON is read as well. Instances are never changed once they were written
// or read.
import type { BusMessage } from './bus.ts'
import { createKeptLines } from './kept-lines.ts'
import { head, mostKeptBytes, noLines, shiftedEnds, startOf } from './message-lines.ts'
import type { Lines } from './message-lines.ts'

/** The message as JSON. */
export type WriteMessage = (key: string, message: BusMessage) => Buffer

export const encodeMessage = (message: BusMessage): Buffer => Buffer.from(JSON.stringify(message))

/** For complete documents. It keeps the last one of each key, as far as they fit into 8 MiB. */
export function createMessageWriter(): WriteMessage {
  const lastOf = createKeptLines(mostKeptBytes)
  return (key, message) => {
    const { instances, ...frame } = message as BusMessage & { instances?: unknown }
    if (!Array.isArray(instances) || instances.length === 0) return encodeMessage(message)
    const lines = writeLines(Buffer.from(`${JSON.stringify(frame).slice(0, -1)},${head}\n`), instances, lastOf.get(key))
    lastOf.set(key, lines)
    return lines.bytes
  }
}

const between = Buffer.from(',\n')
const tail = Buffer.from('\n]}')

/** The lines of a message without what comes before them. */
export const linesOf = (instances: readonly unknown[]): Lines => writeLines(Buffer.alloc(0), instances)

/** What was said before in the same order is copied in one piece. */
function writeLines(frame: Buffer, instances: readonly unknown[], last = noLines): Lines {
  const pieces = [frame]
  const ends: number[] = []
  let at = frame.length
  const add = (piece: Buffer) => {
    pieces.push(piece, between)
    at += piece.length + between.length
  }
  let next = 0
  for (let done = 0; done < instances.length; done = ends.length) {
    const behind = last.instances.indexOf(instances[done], next)
    const from = behind === -1 ? last.instances.indexOf(instances[done]) : behind
    if (from === -1) {
      const line = Buffer.from(JSON.stringify(instances[done]))
      ends.push(at + line.length)
      add(line)
      continue
    }
    next = from + 1
    while (next < last.instances.length && instances[done + next - from] === last.instances[next]) next += 1
    ends.push(...shiftedEnds(last, { from, to: next, at }))
    add(last.bytes.subarray(startOf(last, from), last.ends[next - 1]))
  }
  pieces[pieces.length - 1] = tail
  return { bytes: joinOwn(pieces), first: frame.length, ends, instances }
}

/** In memory of its own: as a part of a pool, as Node makes short buffers, what is kept of it would keep the whole pool. */
function joinOwn(pieces: readonly Buffer[]): Buffer {
  const bytes = Buffer.allocUnsafeSlow(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) at += piece.copy(bytes, at)
  return bytes
}
