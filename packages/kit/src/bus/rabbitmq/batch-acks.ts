// A quorum queue writes every acknowledgement to its log, and one for many messages costs it as much as one for one. So
// those of one turn of the event loop go together: up to the first message that is still in hand as one, the rest singly.
import type { Channel, ConsumeMessage } from 'amqplib'

export interface AckBatch {
  add(message: ConsumeMessage): void
  /** Sends at once what would be sent soon. */
  flush(): void
}

export function batchAcks(channel: Pick<Channel, 'ack'>): AckBatch {
  /** All messages up to this tag are settled; the broker counts them from 1 on each channel. */
  let reached = 0
  const beyond = new Set<number>()
  let fresh: ConsumeMessage[] = []

  const send = (messages: ConsumeMessage[]) => {
    for (const message of messages) beyond.add(tagOf(message))
    while (beyond.delete(reached + 1)) reached += 1
    let last: ConsumeMessage | undefined
    for (const message of messages) {
      if (tagOf(message) > reached) channel.ack(message)
      else if (!last || tagOf(message) > tagOf(last)) last = message
    }
    if (last) channel.ack(last, true)
  }
  const flush = () => {
    const messages = fresh
    fresh = []
    try {
      send(messages)
    } catch {
      // The channel was lost meanwhile: they come again.
    }
  }
  return {
    add: (message) => {
      if (fresh.length === 0) setImmediate(flush)
      fresh.push(message)
    },
    flush,
  }
}

const tagOf = ({ fields }: ConsumeMessage): number => fields.deliveryTag
