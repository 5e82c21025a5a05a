import { z } from 'zod'
import { QueryError } from './errors.ts'

/** Where a list stopped: the sort value and id of its last document. What is inserted before it moves nothing. */
export interface PageCursor {
  value: string | number
  id: string
}

const Encoded = z.tuple([z.union([z.string(), z.number()]), z.string()])

export const encodeCursor = ({ value, id }: PageCursor): string =>
  Buffer.from(JSON.stringify([value, id])).toString('base64url')

/** @throws {QueryError} */
export function decodeCursor(text: string): PageCursor {
  try {
    const [value, id] = Encoded.parse(JSON.parse(Buffer.from(text, 'base64url').toString()))
    return { value, id }
  } catch {
    throw new QueryError('the cursor is not one that a list gave')
  }
}
