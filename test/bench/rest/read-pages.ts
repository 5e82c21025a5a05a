import type { Client } from '@bramble/client'
import { request } from '@bramble/client'
import type { Page } from '@bramble/contracts'

export interface ListPage {
  /** Path and query. */
  path: string
  body: string
}

/** The pages of the list of all nodes, as they are at this moment. */
export async function readPages(client: Client): Promise<ListPage[]> {
  const pages: ListPage[] = []
  for (let cursor: string | undefined, isMore = true; isMore;) {
    const path = `/v1/nodes?limit=1000${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`
    const body = await (await request(client, { method: 'GET', path })).text()
    pages.push({ path, body })
    cursor = (JSON.parse(body) as Page<unknown>).nextCursor
    isMore = cursor !== undefined
  }
  return pages
}
