import type { NumberedWrite, Row } from './rows.ts'

/** What became of a write. */
export type Outcome =
  | { kind: 'written' }
  /** Another revision stands there, or nothing does. */
  | { kind: 'conflict'; stored: Row | undefined }
  /** Another document has the value of this unique field. */
  | { kind: 'duplicate'; field: string }
  /** The server does not take it, whatever is stored. */
  | { kind: 'refused'; reason: string }

export interface Answer {
  code: number
  message: string
}

export const duplicateKey = 11000
const uniquePrefix = 'unique:'
export const uniqueIndexName = (field: string): string => `${uniquePrefix}${field}`

/**
 * Judges a write by what is stored now: the row carries the number of the write that made it. `open` when nothing is
 * there of it: it was lost on the way, or is still on it.
 */
export function judgeWrite(
  { over, row }: NumberedWrite,
  stored: Row | undefined,
  answer: Answer | undefined,
): Outcome | { kind: 'open' } {
  if (stored?.cursor === row.cursor) return { kind: 'written' }
  if ((stored?.revision ?? 0) !== over) return { kind: 'conflict', stored }
  if (!answer || isOfId(answer)) return { kind: 'open' }
  const field = answer.code === duplicateKey ? fieldOfIndex(answer.message) : undefined
  return field === undefined ? { kind: 'refused', reason: answer.message } : { kind: 'duplicate', field }
}

/** Something had its id when it was sent, and nothing has it now. */
const isOfId = ({ code, message }: Answer) => code === duplicateKey && /\b_id_\b/.test(message)

/** Every server names the index in its message; only some say more. */
const fieldOfIndex = (message: string): string | undefined => /unique:([a-zA-Z0-9.]+)/.exec(message)?.[1]
