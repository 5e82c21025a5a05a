import { listAll } from '@bramble/client'
import type { Client } from '@bramble/client'
import type { Node } from '@bramble/contracts'
import { pollUntil } from '@bramble/testkit'

type Query = NonNullable<Parameters<Client['nodes']['list']>[0]>['query'] & object

export async function awaitNodes(client: Client, count: number, { withinMs = 300_000 } = {}): Promise<void> {
  const areReady = async () => {
    const query = { filter: 'liveness=ready', fields: 'id', limit: 1000 }
    let ready = 0
    for await (const _node of listAll<Node, Query>(client.nodes.list, query)) ready += 1
    return ready >= count
  }
  await pollUntil(areReady, `${count} nodes to be ready`, withinMs)
}
