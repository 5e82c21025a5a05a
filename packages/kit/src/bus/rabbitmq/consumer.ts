// Takes messages of one queue, `atOnce` at a time, and goes on by itself after the channel, the connection or the queue
// was lost. What is in hand at such a moment is handled to its end; its acknowledgement is lost, so it comes again. Of a queue
// that was deleted nothing comes again: all that is held is handled.
import type { Channel, ConsumeMessage } from 'amqplib'
import type { Logger } from '../../log/logger.ts'
import type { Subscription } from '../bus.ts'
import type { Settle } from '../settle-message.ts'
import { batchAcks } from './batch-acks.ts'
import type { AckBatch } from './batch-acks.ts'
import type { BusCounts } from './bus-counts.ts'
import { unavailable } from './broker-problem.ts'
import type { BrokerConnection } from './connection.ts'
import { keepChannel } from './kept-channel.ts'

export interface ConsumerOptions {
  connection: BrokerConnection
  logger: Logger
  counts: BusCounts
  queue: string
  /** Messages handled at the same time. */
  atOnce: number
  /** Messages that wait here meanwhile, so that none waits for a round trip to the broker. */
  ahead: number
  settle: Settle
  /** Declares the queue, where that is this side's to do. */
  declare?: (channel: Channel) => Promise<void>
  /** Told when the queue was deleted, with what was in it. */
  onDeleted?: () => void
}

export interface Consumer extends Subscription {
  /** The outcome of the first attempt. */
  opened: Promise<void>
  /** @throws why no messages come now */
  check(): void
}

interface Held {
  message: ConsumeMessage
  acks: AckBatch
  /** Aborted when it is lost to this consumer: it will come again. */
  lost: AbortSignal
}

export function startConsumer(options: ConsumerOptions): Consumer {
  const { queue, atOnce, ahead, settle, counts, declare, onDeleted } = options
  const waiting: Held[] = []
  const running = new Set<Promise<void>>()
  let isStopped = false
  let abortHeld = new AbortController()
  let acks: AckBatch | undefined

  const pump = () => {
    while (!isStopped && running.size < atOnce) {
      const held = waiting.shift()
      if (!held) return
      if (held.lost.aborted) continue
      const run: Promise<void> = handle(held).then(() => {
        running.delete(run)
        pump()
      })
      running.add(run)
    }
  }
  const handle = async ({ message, acks, lost }: Held) => {
    const { fields, content } = message
    const { routingKey: key, redelivered } = fields
    counts.delivered += 1
    if (redelivered) counts.redelivered += 1
    if (await settle({ key, bytes: content, redelivered }, lost)) acks.add(message)
  }

  const kept = keepChannel({
    ...{ connection: options.connection, logger: options.logger, doing: `consume ${queue}` },
    create: (model) => model.createChannel(),
    setUp: async (channel) => {
      const abort = (abortHeld = new AbortController())
      const own = (acks = batchAcks(channel))
      let isDeleted = false
      channel.once('close', () => isDeleted || abort.abort())
      await declare?.(channel)
      await channel.prefetch(atOnce + ahead)
      await channel.consume(queue, (message) => {
        // RabbitMQ ends a consumer so when its queue is deleted. What was in it does not come again: what is here is all.
        if (!message) {
          isDeleted = true
          onDeleted?.()
          return kept.drop(channel, unavailable(`The queue ${queue} was deleted.`))
        }
        waiting.push({ message, acks: own, lost: abort.signal })
        pump()
      })
    },
  })

  return {
    opened: kept.opened,
    check: () => {
      if (!kept.current()) throw kept.trouble()
    },
    stop: async () => {
      isStopped = true
      abortHeld.abort()
      await Promise.all(running)
      acks?.flush()
      // Gives back what was not handled.
      await kept.stop()
    },
  }
}
