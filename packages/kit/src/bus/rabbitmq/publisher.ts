// Publishes on one channel, any number of messages at a time, each confirmed by the broker. Every message is mandatory:
// one that no queue takes comes back before its confirmation, told apart by its message id. A broker that confirms
// nothing for a while is given up together with all that it was given: the senders keep what they sent.
import type { ConfirmChannel, Message } from 'amqplib'
import type { Logger } from '../../log/logger.ts'
import { forbidden, isForbidden, unavailable } from './broker-problem.ts'
import type { Target } from './broker-problem.ts'
import type { BusCounts } from './bus-counts.ts'
import type { BrokerConnection } from './connection.ts'
import { keepChannel } from './kept-channel.ts'
import { watchProgress } from './progress-watch.ts'

export interface OutgoingMessage extends Target {
  bytes: Buffer
  /** Survives the broker. */
  persistent: boolean
}

/** `unrouted`: no queue took it. */
export type PublishOutcome = 'stored' | 'unrouted'

export interface Publisher {
  publish(message: OutgoingMessage): Promise<PublishOutcome>
  /** @throws why nothing can be published now */
  check(): Promise<void>
  stop(): Promise<void>
}

export interface PublisherOptions {
  connection: BrokerConnection
  logger: Logger
  counts: BusCounts
  setUp: (channel: ConfirmChannel) => Promise<void>
}

interface InFlight {
  target: Target
  isReturned: boolean
  resolve: (outcome: PublishOutcome) => void
  reject: (error: Error) => void
}

/** What RabbitMQ 4 takes; a larger one would take the channel along. */
const maxBytes = 16 * 1024 * 1024

export function createPublisher({ connection, logger, counts, setUp }: PublisherOptions): Publisher {
  const inFlight = new Map<string, InFlight>()
  let lastId = 0

  const take = (id: string) => {
    const message = inFlight.get(id)
    inFlight.delete(id)
    return message
  }
  const confirm = (id: string) => {
    const message = take(id)
    if (!message) return
    progress.progressed()
    counts[message.isReturned ? 'returned' : 'confirmed'] += 1
    message.resolve(message.isReturned ? 'unrouted' : 'stored')
  }
  const fail = (id: string, reason: Error) => {
    const message = take(id)
    if (!message) return
    counts.failed += 1
    message.reject(whyFailed(message.target, reason))
  }
  const failAll = (reason: Error) => [...inFlight.keys()].forEach((id) => fail(id, reason))
  const onStalled = () => {
    const reason = unavailable(`The broker confirmed nothing for ${connection.answerMs} ms.`)
    failAll(reason)
    const channel = kept.current()
    if (channel) kept.drop(channel, reason)
  }
  const progress = watchProgress(connection.answerMs, () => inFlight.size > 0, onStalled)
  const onReturn = ({ properties }: Message) => {
    const message = inFlight.get(String(properties.messageId))
    if (message) message.isReturned = true
  }
  const kept = keepChannel({
    ...{ connection, logger, doing: 'prepare publishing' },
    create: (model) => model.createConfirmChannel(),
    setUp: async (channel) => {
      channel.on('return', onReturn)
      await setUp(channel)
    },
  })

  const usable = () => (connection.trouble() === undefined ? kept.current() : undefined)
  const send = (channel: ConfirmChannel, { bytes, persistent, ...target }: OutgoingMessage) =>
    new Promise<PublishOutcome>((resolve, reject) => {
      const messageId = String(++lastId)
      const options = { mandatory: true, persistent, messageId }
      if (inFlight.size === 0) progress.begin()
      inFlight.set(messageId, { target, isReturned: false, resolve, reject })
      counts.published += 1
      channel.publish(target.exchange, target.key, bytes, options, (error: Error | null) =>
        error === null ? confirm(messageId) : fail(messageId, kept.trouble()),
      )
    })
  const waitForChannel = async () => {
    await kept.opened.catch(() => {})
    const channel = usable()
    if (!channel) throw kept.trouble()
    return channel
  }

  return {
    publish: async (message) => {
      if (message.bytes.length > maxBytes) throw new Error(`${message.key}: a message of ${message.bytes.length} bytes`)
      return send(usable() ?? (await waitForChannel()), message)
    },
    check: async () => void (await waitForChannel()),
    stop: async () => {
      progress.stop()
      failAll(unavailable('The bus is closed.'))
      await kept.stop()
    },
  }
}

function whyFailed(target: Target, reason: Error): Error {
  if (isForbidden(target, reason)) return forbidden(target, reason)
  return unavailable(`The broker did not confirm ${target.key} to ${target.exchange}.`, reason)
}
