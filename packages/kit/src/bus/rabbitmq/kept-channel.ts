// A channel that is opened again whenever it was lost, alone or with its connection, for as long as it is wanted. The
// broker closes a channel for every refusal, so this is how all of them heal.
import type { Channel, ChannelModel } from 'amqplib'
import { backoffMs } from '../../backoff.ts'
import type { Logger } from '../../log/logger.ts'
import { waitFor } from '../../wait-for.ts'
import { answerWithin, sayGoodbye } from './answer-within.ts'
import { brokerProblem, unavailable } from './broker-problem.ts'
import { closeQuietly, createWithin } from './channel.ts'
import type { BrokerConnection } from './connection.ts'

export interface KeptChannelOptions<C extends Channel> {
  connection: BrokerConnection
  logger: Logger
  /** What the channel is for, as in "cannot …". */
  doing: string
  create: (model: ChannelModel) => Promise<C>
  /** Makes a new channel ready for use; it counts as open afterwards. */
  setUp: (channel: C) => Promise<void>
}

export interface KeptChannel<C extends Channel> {
  /** Undefined while there is none that can be used. */
  current(): C | undefined
  /** The outcome of the first attempt. */
  opened: Promise<void>
  /** Why there is none, or what went wrong last. */
  trouble(): Error
  /** Gives a channel up for another one. */
  drop(channel: C, reason: Error): void
  stop(): Promise<void>
}

/** A channel that lived shorter than this counts as one more failure in a row. */
const livedMs = 10_000
const pauses = { initialMs: 100, maxMs: 5000 }
/** Declaring queues takes a broker with thousands of them some time after its start. */
const setUpMs = 15_000

export function keepChannel<C extends Channel>(options: KeptChannelOptions<C>): KeptChannel<C> {
  const { connection, logger, doing, create, setUp } = options
  const stopping = new AbortController()
  const first = Promise.withResolvers<void>()
  let current: C | undefined
  let lastError: Error | undefined
  let told: string | undefined

  const openOn = async (model: ChannelModel) => {
    const channel = await createWithin(connection.answerMs, create(model))
    const closed = Promise.withResolvers<void>()
    let isOpen = true
    channel.once('close', () => {
      isOpen = false
      current = undefined
      closed.resolve()
    })
    channel.on('error', (error) => (lastError = error))
    try {
      await answerWithin(setUpMs, setUp(channel))
    } catch (error) {
      closeQuietly(channel)
      throw error
    }
    if (!isOpen) throw lastError ?? unavailable('The channel was closed.')
    lastError = told = undefined
    if (stopping.signal.aborted) closeQuietly(channel)
    else current = channel
    return { closed: closed.promise }
  }
  /** What is wrong with the connection, it says itself. */
  const logOnce = (error: Error) => {
    if (connection.trouble() === undefined && error.message !== told) logger.warn({ err: error }, error.message)
    told = error.message
  }
  const keepOpenOn = async (model: ChannelModel): Promise<void> => {
    try {
      const { closed } = await openOn(model)
      first.resolve()
      await closed
    } catch (error) {
      lastError = brokerProblem(doing, error)
      first.reject(lastError)
      logOnce(lastError)
    }
  }
  const run = async () => {
    for (let failures = 0; ;) {
      const model = await connection.whenOpen(stopping.signal)
      if (!model) return first.reject(connection.trouble() ?? unavailable(`Stopped before it could ${doing}.`))
      const startMs = performance.now()
      await keepOpenOn(model)
      failures = performance.now() - startMs > livedMs ? 1 : failures + 1
      await waitFor(backoffMs(failures, pauses), stopping.signal)
    }
  }

  const opened = answerWithin(
    connection.answerMs,
    connection.open().then(() => first.promise),
  )
  opened.catch(() => {})
  first.promise.catch(() => {})
  void run()
  return {
    current: () => current,
    opened,
    trouble: () => connection.trouble() ?? lastError ?? unavailable(`It takes a moment to ${doing}.`),
    drop: (channel, reason) => {
      lastError = reason
      if (current === channel) current = undefined
      closeQuietly(channel)
    },
    stop: async () => {
      stopping.abort()
      const channel = current
      current = undefined
      if (channel) await sayGoodbye(channel.close())
    },
  }
}
