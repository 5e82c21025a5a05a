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
  /** Whether there is a queue of this name. */
  isThere: (queue: string) => Promise<boolean>
}

/** What this connection declares; a bus without it uses what is there. */
export interface Declarer {
  all(channel: Channel): Promise<void>
  queue(name: 'reports' | 'facts' | 'dead' | ReceiverKey): (channel: Channel) => Promise<void>
  /** How often the queue of facts was not there, be it that it never had been. */
  factsMissing(): number
}

export function createDeclarer({ reportTtlMs, isThere }: TopologyRules): Declarer {
  const { reports, facts, dead, desired } = topology.queues
  const own: Record<string, QueueDeclaration> = {
    reports: { ...reports, arguments: { ...reports.arguments, 'x-message-ttl': reportTtlMs } },
    ...{ facts, dead },
  }
  let missing = 0
  const declare = async (channel: Channel, queue: QueueDeclaration) => {
    if (queue.name === facts.name && !(await isThere(facts.name))) missing += 1
    await declareQueue(channel, queue)
  }
  return {
    all: async (channel) => {
      for (const exchange of Object.values(topology.exchanges)) await declareExchange(channel, exchange)
      for (const queue of Object.values(own)) await declare(channel, queue)
    },
    queue: (name) => (channel) => declare(channel, own[name] ?? desired(name as ReceiverKey)),
    factsMissing: () => missing,
  }
}

const declareExchange = (channel: Channel, { name, type }: { name: string; type: string }) =>
  channel.assertExchange(name, type, { durable: true })

async function declareQueue(channel: Channel, queue: QueueDeclaration): Promise<void> {
  await declareExchange(channel, topology.exchanges[queue.exchange])
  await channel.assertQueue(queue.name, { durable: true, arguments: queue.arguments })
  await channel.bindQueue(queue.name, queue.exchange, queue.key)
}
