// Desired documents and reports are complete: each says again what has not changed, and of the instances of a node hardly
// any has. So that a message costs what is new in it, and not all that it says:
//   - it is written with one instance a line (JSON escapes line breaks within strings), and the text of an instance is
//     kept with it: who says the same again hands over the same object;
//   - a line that was in the last message of a sender is not parsed again: it stands for the object of that time.
// The text is JSON like any other, and any other JSON is read as well. Instances are never changed once they were written
// or read.
import type { BusMessage } from './bus.ts'

const head = '"instances":['
const texts = new WeakMap<object, string>()

/** The message as JSON. */
export function messageText(message: BusMessage): string {
  const { instances, ...frame } = message as BusMessage & { instances?: unknown }
  if (!Array.isArray(instances) || instances.length === 0) return JSON.stringify(message)
  return `${JSON.stringify(frame).slice(0, -1)},${head}\n${instances.map(textOf).join(',\n')}\n]}`
}

function textOf(instance: object): string {
  const kept = texts.get(instance)
  if (kept !== undefined) return kept
  const text = JSON.stringify(instance)
  texts.set(instance, text)
  return text
}

interface Told {
  line: string
  instance: unknown
}

/** @throws when the bytes are no message of ours */
export type ReadMessage = (key: string, bytes: Buffer) => BusMessage

/** For the complete documents of one subscription. Of each key it keeps what its last message said. */
export function createMessageReader(): ReadMessage {
  const lastOf = new Map<string, readonly Told[]>()
  return (key, bytes) => {
    const lines = linesOf(bytes)
    const [first = '', end = ''] = [lines[0], lines.at(-1)]
    if (!first.endsWith(head) || !end.startsWith(']')) return checkMessage(JSON.parse(lines.join('\n')))
    const told = readInstances(lines.slice(1, -1), lastOf.get(key) ?? [])
    lastOf.set(key, told)
    return { ...checkMessage(JSON.parse(first + end)), instances: told.map(({ instance }) => instance) } as BusMessage
  }
}

/** Senders keep the order of what they say: what was said before is looked for behind what was found last. */
function readInstances(lines: readonly string[], last: readonly Told[]): Told[] {
  let next = 0
  return lines.map((listed) => {
    const line = listed.endsWith(',') ? listed.slice(0, -1) : listed
    for (let at = next; at < last.length; at += 1) {
      if (last[at]!.line !== line) continue
      next = at + 1
      return last[at]!
    }
    return { line, instance: JSON.parse(line) as unknown }
  })
}

function linesOf(bytes: Buffer): string[] {
  const lines: string[] = []
  for (let from = 0; from <= bytes.length;) {
    const found = bytes.indexOf('\n', from)
    const to = found === -1 ? bytes.length : found
    lines.push(bytes.toString('utf8', from, to))
    from = to + 1
  }
  return lines
}

/** @throws when it is no message */
export function checkMessage(body: unknown): BusMessage {
  if (typeof body === 'object' && body !== null && 'type' in body && typeof body.type === 'string') {
    return body as BusMessage
  }
  throw new TypeError('a message is an object with a type')
}
