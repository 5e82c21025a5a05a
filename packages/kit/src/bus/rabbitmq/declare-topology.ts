// Declares what packages/contracts/src/topology.ts says, and nothing else. To declare what is there already does no
// harm; with other arguments than before it is refused, and the queue has to be emptied and deleted by hand.
import { topology } from '@bramble/contracts'
import type { ReceiverKey } from '@bramble/contracts'
import type { Channel } from 'amqplib'

export interface QueueDeclaration {
  name: string
  exchange: keyof typeof topology.exchanges
  /** Of the messages that it takes. */
  key: string
  arguments: Record<string, string | number>
}

export interface TopologyRules {
  reportTtlMs: number
}

/** What this connection declares; a bus without it uses what is there. */
export interface Declarer {
  all(channel: Channel): Promise<void>
  queue(name: 'reports' | 'facts' | 'dead' | ReceiverKey): (channel: Channel) => Promise<void>
}

export function createDeclarer({ reportTtlMs }: TopologyRules): Declarer {
  const { reports, facts, dead, desired } = topology.queues
  const own: Record<string, QueueDeclaration> = {
    reports: { ...reports, arguments: { ...reports.arguments, 'x-message-ttl': reportTtlMs } },
    ...{ facts, dead },
  }
  return {
    all: async (channel) => {
      for (const exchange of Object.values(topology.exchanges)) await declareExchange(channel, exchange)
      for (const queue of Object.values(own)) await declareQueue(channel, queue)
    },
    queue: (name) => (channel) => declareQueue(channel, own[name] ?? desired(name as ReceiverKey)),
  }
}

const declareExchange = (channel: Channel, { name, type }: { name: string; type: string }) =>
  channel.assertExchange(name, type, { durable: true })

async function declareQueue(channel: Channel, queue: QueueDeclaration): Promise<void> {
  await declareExchange(channel, topology.exchanges[queue.exchange])
  await channel.assertQueue(queue.name, { durable: true, arguments: queue.arguments })
  await channel.bindQueue(queue.name, queue.exchange, queue.key)
}
