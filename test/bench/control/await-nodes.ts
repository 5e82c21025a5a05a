import { listAll } from '@bramble/client'
import type { Client } from '@bramble/client'
import { pollUntil } from '@bramble/testkit'

export async function awaitNodes(client: Client, count: number): Promise<void> {
  const areReady = async () => {
    const ready = await Array.fromAsync(listAll(client.nodes.list, { filter: 'liveness=ready', fields: 'id' }))
    return ready.length >= count
  }
  await pollUntil(areReady, `${count} nodes to be ready`, 60_000)
}
