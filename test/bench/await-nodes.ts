import type { Client } from '@bramble/client'
import { pollUntil } from '@bramble/testkit'

/** At most 1000, which is one page. */
export async function awaitNodes(client: Client, count: number): Promise<void> {
  const areReady = async () => {
    const { items } = await client.nodes.list({ query: { filter: 'liveness=ready', fields: 'id', limit: 1000 } })
    return items.length >= count
  }
  await pollUntil(areReady, `${count} nodes to be ready`, 60_000)
}
