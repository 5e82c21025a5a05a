// The bus on RabbitMQ (docs/decisions/0014-the-bus-on-rabbitmq.md). A connection has one channel that publishes, for
// all buses that share it; each subscription has one of its own.
import { topology } from '@bramble/contracts'
import type { Channel } from 'amqplib'
import type { Bus } from '../bus.ts'
import { noCounts } from './bus-counts.ts'
import type { BusCounts } from './bus-counts.ts'
import { isQueueThere } from './channel.ts'
import { openConnection } from './connection.ts'
import type { ConnectionOptions } from './connection.ts'
import { createRabbitMqBus } from './create-rabbitmq-bus.ts'
import { createDeclarer } from './declare-topology.ts'
import { createPublisher } from './publisher.ts'

export interface RabbitMqOptions extends ConnectionOptions {
  /** The master's: declares exchanges and queues, again too when they were deleted. Nodes may not. */
  declares?: boolean
  /** Age after which a report is worth nothing; 3 heartbeats when absent. */
  reportTtlMs?: number
}

export interface RabbitMqBus extends Bus {
  /** What went through its connection. */
  counts(): Readonly<BusCounts>
}

/** Many buses with one connection and one user: a fleet of simulated nodes. */
export interface SharedRabbitMq {
  /** At most about 2000 subscriptions in all: each has a channel (`channel_max` of the broker). */
  bus(): RabbitMqBus
  /** The buses are to be closed before. */
  close(): Promise<void>
}

/** Connects, and goes on trying for as long as it takes; `probe` tells when it is done. */
export function connectRabbitMq(options: RabbitMqOptions): RabbitMqBus {
  const shared = shareRabbitMq(options)
  const bus = shared.bus()
  const close = async () => {
    await bus.close()
    await shared.close()
  }
  let closing: Promise<void> | undefined
  return { ...bus, close: () => (closing ??= close()) }
}

export function shareRabbitMq({ declares = false, reportTtlMs, ...options }: RabbitMqOptions): SharedRabbitMq {
  const { logger } = options
  const counts = noCounts()
  const connection = openConnection(options)
  const ttlMs = reportTtlMs ?? topology.queues.reports.arguments['x-message-ttl']
  const isThere = (queue: string) => isQueueThere(connection, queue)
  const declarer = declares ? createDeclarer({ reportTtlMs: ttlMs, isThere }) : undefined
  const setUp = async (channel: Channel) => declarer?.all(channel)
  const publisher = createPublisher({ connection, logger, counts, setUp })
  return {
    bus: () => createRabbitMqBus({ connection, publisher, counts, logger, declarer }),
    close: async () => {
      await publisher.stop()
      await connection.close()
    },
  }
}
