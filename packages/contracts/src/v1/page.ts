import { z } from 'zod'

/** Query of every list: `filter` is `field=value` terms joined by commas (`!=` and `~` for "contains" too). */
export const ListQuery = z
  .object({
    limit: z.coerce.number().int().min(1).max(1000).default(100),
    cursor: z.string().max(500).optional(),
    sort: z
      .string()
      .max(100)
      .regex(/^-?[a-zA-Z.]+$/)
      .optional()
      .meta({ description: 'a field, with - for descending: -createdAt' }),
    filter: z.string().max(1000).optional().meta({ description: 'status.phase=running,node~pi' }),
    fields: z.string().max(500).optional().meta({ description: 'comma-separated top-level fields to return' }),
  })
  .strict()
export type ListQuery = z.infer<typeof ListQuery>

export interface Page<Item> {
  items: Item[]
  nextCursor?: string
}

/** One page of a list; `nextCursor` is there when more follow. With `fields`, items hold only those. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), nextCursor: z.string().optional() })
