import type { Channel } from 'amqplib'
import { answerWithin } from './answer-within.ts'
import type { BrokerConnection } from './connection.ts'

/** One that comes too late is closed again. */
export async function createWithin<C extends Channel>(limitMs: number, creating: Promise<C>): Promise<C> {
  try {
    return await answerWithin(limitMs, creating)
  } catch (error) {
    creating.then(closeQuietly, () => {})
    throw error
  }
}

export function closeQuietly(channel: Channel): void {
  channel.close().catch(() => {})
}

/** The broker closes the channel that asks for a queue that is not there. */
export const isQueueThere = (connection: BrokerConnection, queue: string): Promise<boolean> =>
  withChannel(connection, (channel) =>
    channel.checkQueue(queue).then(
      () => true,
      (error: { code?: unknown }) => {
        if (error.code === 404) return false
        throw error
      },
    ),
  )

/** A channel for one act. */
export async function withChannel<T>(connection: BrokerConnection, act: (channel: Channel) => Promise<T>): Promise<T> {
  const model = await connection.open()
  const creating = model.createChannel()
  const acting = creating.then((channel) => {
    channel.on('error', () => {})
    return act(channel)
  })
  try {
    return await answerWithin(connection.answerMs, acting)
  } finally {
    creating.then(closeQuietly, () => {})
  }
}
