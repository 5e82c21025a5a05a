import type { NodeId } from './ids.ts'

const mostNodes = 5000

/** `pi[01-03,07]-a` is pi01-a, pi02-a, pi03-a and pi07-a; a word without brackets is itself. Undefined when it is no range. */
export const parseNodeRange = (text: string): NodeId[] | undefined => {
  const [, before, range, after] = /^([^[\]]*)\[([\d,-]+)\]([^[\]]*)$/.exec(text) ?? []
  if (range === undefined) return /[[\]]/.test(text) ? undefined : [text as NodeId]
  const names: NodeId[] = []
  for (const part of range.split(',')) {
    const numbers = parsePart(part)
    if (!numbers || names.length + numbers.length > mostNodes) return undefined
    names.push(...numbers.map((number) => `${before}${number}${after}` as NodeId))
  }
  return names
}

/** `08-11`, with as many digits as its start has. */
const parsePart = (part: string): string[] | undefined => {
  const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? []
  if (first === undefined || last === undefined) return undefined
  const count = Number(last) - Number(first) + 1
  if (count < 1 || count > mostNodes) return undefined
  return Array.from({ length: count }, (_, at) => String(Number(first) + at).padStart(first.length, '0'))
}
