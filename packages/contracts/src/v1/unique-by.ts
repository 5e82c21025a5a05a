import type { z } from 'zod'

/** A refinement of lists: no two items with the same key. The key is what a caller is told of them. */
export const uniqueBy =
  <Item>(keyOf: (item: Item) => string) =>
  (items: readonly Item[], context: z.RefinementCtx): void => {
    const seen = new Set<string>()
    for (const [at, item] of items.entries()) {
      const key = keyOf(item)
      if (seen.has(key)) context.addIssue({ code: 'custom', path: [at], message: `${key} is there twice` })
      seen.add(key)
    }
  }
