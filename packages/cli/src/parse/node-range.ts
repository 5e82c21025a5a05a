import { parseNodeRange as namesOf } from '@bramble/contracts'
import type { NodeId } from '@bramble/contracts'
import { UsageError } from '../exit-code.ts'

/** The nodes that a word names, one or a range. */
export const parseNodeRange = (text: string): NodeId[] => {
  const names = namesOf(text)
  if (!names) throw new UsageError(`'${text}' names no nodes; write pi-07 or pi[01-16,20]`)
  return names
}

export const parseNodeRanges = (words: string[]): NodeId[] => [...new Set(words.flatMap(parseNodeRange))]
