import type { Collection, Stored } from '../store.ts'

const pageSize = 500

/** Goes through all documents of a collection; `change` returns undefined to leave one as it is. */
export async function changeEach<D extends Stored>(
  collection: Collection<D>,
  change: (document: D) => D | undefined,
): Promise<void> {
  for (let cursor: string | undefined; ;) {
    const page = await collection.find({ limit: pageSize, ...(cursor !== undefined && { cursor }) })
    await Promise.all(page.items.map(({ id }) => collection.update(id, change)))
    cursor = page.nextCursor
    if (cursor === undefined) return
  }
}
