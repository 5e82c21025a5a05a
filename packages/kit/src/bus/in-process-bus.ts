// The bus of the embedded shape. Every message is encoded to bytes and decoded again for its receiver, and nothing is
// kept over a restart, so that it hides no bug which the broker would show.
import { topology } from '@bramble/contracts'
import type { ReceiverKey } from '@bramble/contracts'
import { ProblemError } from '../errors/problem-error.ts'
import type { Logger } from '../log/logger.ts'
import { systemClock } from '../time.ts'
import type { Clock } from '../time.ts'
import type { Bus, DeadFact, Subscription } from './bus.ts'
import { createMemoryQueue } from './memory-queue.ts'
import type { MemoryQueue } from './memory-queue.ts'
import { settleDead, settleOnce, settleUntilHandled } from './settle-message.ts'
import type { Settle } from './settle-message.ts'
import { createMessageWriter, encodeMessage } from './write-message.ts'

export interface InProcessBusOptions {
  logger: Logger
  clock?: Clock
  /** Age after which a report is worth nothing; 3 heartbeats when absent. */
  reportTtlMs?: number
}

export interface InProcessBus extends Bus {
  /** Bytes as a foreign sender could put them on a broker: for tests of receivers. */
  publishFactBytes(key: string, bytes: Buffer): Promise<void>
}

export function createInProcessBus(options: InProcessBusOptions): InProcessBus {
  const { logger, clock = systemClock, reportTtlMs = topology.queues.reports.arguments['x-message-ttl'] } = options
  const queue = (rules = {}) => createMemoryQueue(rules, clock.monotonicMs)
  const reports = queue({ ttlMs: reportTtlMs })
  const facts = queue()
  const dead = queue()
  const [writeDesired, writeReport] = [createMessageWriter(), createMessageWriter()]
  const desired = new Map<string, MemoryQueue>()
  const subscriptions = new Set<Subscription>()
  const unsettled = new Set<(reason: Error) => void>()
  let isClosed = false

  const desiredOf = (key: ReceiverKey) => {
    const found = desired.get(key) ?? queue({ maxLength: topology.queues.desired(key).arguments['x-max-length'] })
    desired.set(key, found)
    return found
  }
  const checkOpen = () => {
    if (isClosed) throw closedError()
  }
  const publish = async (to: MemoryQueue, key: string, bytes: Buffer) => {
    checkOpen()
    to.push(key, bytes)
  }
  /** What waits here dies with the process: until it was dealt with, the sender has to keep it. */
  const publishUntilSettled = async (to: MemoryQueue, key: string, bytes: Buffer) => {
    checkOpen()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    unsettled.add(reject)
    to.push(key, bytes, resolve)
    await promise.finally(() => unsettled.delete(reject))
  }
  const subscribe = async (to: MemoryQueue, prefetch: number, settle: Settle) => {
    checkOpen()
    const consumption = to.consume(prefetch, settle)
    subscriptions.add(consumption)
    return { stop: () => consumption.stop().finally(() => subscriptions.delete(consumption)) }
  }
  const bury = (fact: DeadFact) => {
    dead.push(fact.key, Buffer.from(JSON.stringify(fact)))
    return true
  }

  return {
    publishDesired: (key, document) => publish(desiredOf(key), key, writeDesired(key, document)),
    subscribeDesired: (key, handler) => subscribe(desiredOf(key), 1, settleOnce(handler, logger)),
    publishReport: (key, report) => publish(reports, key, writeReport(key, report)),
    subscribeReports: (handler) => subscribe(reports, 1, settleOnce(handler, logger)),
    publishFact: (key, fact) => publishUntilSettled(facts, key, encodeMessage(fact)),
    publishFactBytes: (key, bytes) => publish(facts, key, bytes),
    subscribeFacts: (handler, { prefetch = 1 } = {}) =>
      subscribe(facts, prefetch, settleUntilHandled(handler, logger, bury)),
    subscribeDead: (handler) => subscribe(dead, 1, settleDead(handler, logger)),
    countDead: async () => {
      checkOpen()
      return dead.length()
    },
    probe: async () => checkOpen(),
    about: () => ({ product: 'in process' }),
    close: async () => {
      isClosed = true
      await Promise.all([...subscriptions].map((subscription) => subscription.stop()))
      for (const reject of unsettled) reject(closedError())
    },
  }
}

const closedError = () => new ProblemError('unavailable', 'The bus is closed.')
