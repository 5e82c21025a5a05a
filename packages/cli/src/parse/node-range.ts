import type { NodeId } from '@bramble/contracts'
import { UsageError } from '../exit-code.ts'

const mostNodes = 5000

/** `pi[01-03,07]-a` is pi01-a, pi02-a, pi03-a and pi07-a; a word without brackets is itself. */
export const parseNodeRange = (text: string): NodeId[] => {
  const [, before, range, after] = /^([^[\]]*)\[([\d,-]+)\]([^[\]]*)$/.exec(text) ?? []
  if (range === undefined) {
    if (/[[\]]/.test(text)) throw notRange(text)
    return [text as NodeId]
  }
  const numbers = range.split(',').flatMap((part) => parsePart(part, text))
  return numbers.map((number) => `${before}${number}${after}` as NodeId)
}

export const parseNodeRanges = (words: string[]): NodeId[] => [...new Set(words.flatMap(parseNodeRange))]

/** `08-11`, with as many digits as its start has. */
const parsePart = (part: string, text: string): string[] => {
  const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? []
  if (first === undefined || last === undefined) throw notRange(text)
  const count = Number(last) - Number(first) + 1
  if (count < 1 || count > mostNodes) throw notRange(text)
  return Array.from({ length: count }, (_, at) => String(Number(first) + at).padStart(first.length, '0'))
}

const notRange = (text: string) => new UsageError(`'${text}' names no nodes; write pi-07 or pi[01-16,20]`)
