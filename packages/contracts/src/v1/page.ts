import { z } from 'zod'
import { hasField } from './has-field.ts'

/**
 * Query of a list: `filter` is `field=value` terms joined by commas (`!=` and `~` for "contains" too). Sorted by what is
 * shown alone: where a page stops is told to the caller, with the value sorted by.
 */
export const listQueryOf = (item: z.ZodType) =>
  z
    .object({
      limit: z.coerce.number().int().min(1).max(1000).default(100),
      cursor: z.string().max(500).optional(),
      sort: z
        .string()
        .max(100)
        .regex(/^-?[a-zA-Z.]+$/)
        .refine((sort) => hasField(item, sort.replace('-', '')), 'not a field of these documents')
        .optional()
        .meta({ description: 'a field, with - for descending: -createdAt' }),
      filter: z.string().max(1000).optional().meta({ description: 'status.phase=running,node~pi' }),
      fields: z.string().max(500).optional().meta({ description: 'comma-separated top-level fields to return' }),
    })
    .strict()
export type ListQuery = z.infer<ReturnType<typeof listQueryOf>>

export interface Page<Item> {
  items: Item[]
  nextCursor?: string
}

/** One page of a list; `nextCursor` is there when more follow. With `fields`, items hold only those. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), nextCursor: z.string().optional() })
