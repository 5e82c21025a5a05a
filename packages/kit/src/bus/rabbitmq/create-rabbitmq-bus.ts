import { topology } from '@bramble/contracts'
import type { ReceiverKey } from '@bramble/contracts'
import type { Logger } from '../../log/logger.ts'
import type { Subscription } from '../bus.ts'
import { settleDead, settleOnce, settleUntilHandled } from '../settle-message.ts'
import { createMessageWriter, encodeMessage } from '../write-message.ts'
import { answerWithin } from './answer-within.ts'
import { unavailable } from './broker-problem.ts'
import { createBury } from './bury-fact.ts'
import type { BusCounts } from './bus-counts.ts'
import { withChannel } from './channel.ts'
import type { RabbitMqBus } from './connect-rabbitmq.ts'
import type { BrokerConnection } from './connection.ts'
import { startConsumer } from './consumer.ts'
import type { Consumer, ConsumerOptions } from './consumer.ts'
import type { Declarer } from './declare-topology.ts'
import type { OutgoingMessage, Publisher } from './publisher.ts'
import { probeBroker } from './probe-broker.ts'

export interface BusParts {
  connection: BrokerConnection
  publisher: Publisher
  counts: BusCounts
  logger: Logger
  /** Absent where this side may declare nothing. */
  declarer: Declarer | undefined
}

const { exchanges, queues } = topology
/** A report is small and 5,000 nodes send 500 of them each second; a desired document is worth waiting for its turn. */
const reportsAhead = 64

export function createRabbitMqBus(parts: BusParts): RabbitMqBus {
  const { connection, publisher, counts, logger, declarer } = parts
  const [writeDesired, writeReport] = [createMessageWriter(), createMessageWriter()]
  const consumers = new Map<string, Consumer>()
  let factsDeleted = 0
  let isClosed = false

  const checkOpen = () => {
    if (isClosed) throw unavailable('The bus is closed.')
  }
  const offer = async (message: OutgoingMessage) => {
    checkOpen()
    return publisher.publish(message)
  }
  const publish = async (message: OutgoingMessage) => {
    if ((await offer(message)) === 'unrouted') throw unroutedProblem(message)
  }
  const publishDesired = async (key: ReceiverKey, bytes: Buffer) => {
    const message = { exchange: exchanges.desired.name, key, bytes, persistent: true }
    if (!declarer) return publish(message)
    if ((await offer(message)) === 'stored') return
    // Its queue was deleted, or lost with the broker's disk.
    await withChannel(connection, declarer.queue(key))
    logger.warn({ key }, 'declared the queue of a receiver again')
    await publish(message)
  }
  const bury = createBury({ publish, counts, logger })

  const subscribe = async (
    name: 'reports' | 'facts' | 'dead' | ReceiverKey,
    { queue, atOnce = 1, ahead = 0, ...more }: Taking,
  ): Promise<Subscription> => {
    checkOpen()
    if (consumers.has(queue)) throw new Error(`${queue} has a subscriber already`)
    const declare = declarer && { declare: declarer.queue(name) }
    const consumer = startConsumer({ connection, logger, counts, queue, atOnce, ahead, ...more, ...declare })
    consumers.set(queue, consumer)
    const stop = () => consumer.stop().finally(() => consumers.delete(queue))
    try {
      await consumer.opened
    } catch (error) {
      await stop()
      throw error
    }
    return { stop }
  }

  return {
    publishDesired: async (key, document) => publishDesired(key, writeDesired(key, document)),
    subscribeDesired: (key, handler) =>
      subscribe(key, { queue: queues.desired(key).name, settle: settleOnce(handler, logger) }),
    publishReport: async (key, report) =>
      publish({ exchange: exchanges.reports.name, key, bytes: writeReport(key, report), persistent: false }),
    subscribeReports: (handler) =>
      subscribe('reports', { queue: queues.reports.name, ahead: reportsAhead, settle: settleOnce(handler, logger) }),
    publishFact: async (key, fact) =>
      publish({ exchange: exchanges.facts.name, key, bytes: encodeMessage(fact), persistent: true }),
    subscribeFacts: (handler, { prefetch = 1 } = {}) =>
      subscribe('facts', {
        queue: queues.facts.name,
        atOnce: prefetch,
        settle: settleUntilHandled(handler, logger, bury),
        onDeleted: () => void (factsDeleted += 1),
      }),
    factsLost: () => factsDeleted + (declarer?.factsMissing() ?? 0),
    subscribeDead: (handler) => subscribe('dead', { queue: queues.dead.name, settle: settleDead(handler, logger) }),
    countDead: async () => {
      checkOpen()
      const dead = await withChannel(connection, (channel) => channel.checkQueue(queues.dead.name))
      return dead.messageCount
    },
    probe: async () => {
      checkOpen()
      await answerWithin(connection.answerMs, probeBroker(parts))
      for (const consumer of consumers.values()) consumer.check()
    },
    about: () => connection.about(),
    counts: () => counts,
    close: async () => {
      isClosed = true
      await Promise.all([...consumers.values()].map((consumer) => consumer.stop()))
    },
  }
}

interface Taking extends Pick<ConsumerOptions, 'queue' | 'settle' | 'onDeleted'> {
  atOnce?: number
  ahead?: number
}

const unroutedProblem = ({ exchange, key }: OutgoingMessage) =>
  unavailable(`No queue takes ${key} from ${exchange}: it was deleted, or the master has not declared it yet.`)
