import type { Page } from '@bramble/contracts'

/** All items of a list, page after page. `list` is a call such as client.nodes.list. */
export async function* listAll<Item, Query extends { cursor?: string }>(
  list: (input: { query: Query }) => Promise<Page<Item>>,
  query: Query,
): AsyncGenerator<Item> {
  for (let cursor: string | undefined = query.cursor; ;) {
    const page = await list({ query: { ...query, cursor } })
    yield* page.items
    if (!page.nextCursor) return
    cursor = page.nextCursor
  }
}
