import { z } from 'zod'
import { QueryError } from './errors.ts'

/** Where a list stopped: the sort value and id of its last document. What is inserted before it moves nothing. */
export interface PageCursor {
  value: SortValue
  id: string
}

const SortValue = z.union([z.string(), z.number(), z.boolean(), z.null()])
/** null: the document has no such field. Only some stores tell that from ''. */
export type SortValue = z.infer<typeof SortValue>

const Encoded = z.tuple([SortValue, z.string()])

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
