// A queue with the rules that the broker's queues have: a bound that drops the oldest, an age after which messages
// vanish, and redelivery of what a consumer took and did not settle. As with the broker, messages in a consumer's
// hands do not count against the bound.
import type { Subscription } from './bus.ts'
import type { ReceivedMessage, Settle } from './settle-message.ts'

export interface QueueRules {
  maxLength?: number
  ttlMs?: number
}

interface QueuedMessage extends ReceivedMessage {
  /** Told once it was dealt with. */
  onSettled?: (() => void) | undefined
}

export interface MemoryQueue {
  push(key: string, bytes: Buffer, onSettled?: () => void): void
  consume(prefetch: number, settle: Settle): Subscription
  /** Messages that wait; those in a consumer's hands are not counted. */
  length(): number
}

interface Consumer {
  prefetch: number
  settle: Settle
  stop: AbortController
  running: Set<Promise<void>>
}

export function createMemoryQueue(rules: QueueRules, monotonicMs: () => number): MemoryQueue {
  const waiting: (QueuedMessage & { expiresMs: number })[] = []
  let consumer: Consumer | undefined

  const dropOld = () => {
    const nowMs = monotonicMs()
    while (waiting[0] && waiting[0].expiresMs <= nowMs) waiting.shift()
    while (waiting.length > (rules.maxLength ?? Infinity)) waiting.shift()
  }

  const pump = () => {
    dropOld()
    if (!consumer || consumer.stop.signal.aborted || consumer.running.size >= consumer.prefetch) return
    const message = waiting.shift()
    if (!message) return
    const { running } = consumer
    const run: Promise<void> = handle(consumer, message).then(() => {
      running.delete(run)
      pumpSoon()
    })
    running.add(run)
    pumpSoon()
  }
  // Never within the call that published: no receiver of a real broker runs in its sender's stack either.
  const pumpSoon = () => void setImmediate(pump)

  const handle = async ({ settle, stop }: Consumer, message: (typeof waiting)[number]) => {
    if (await settle(message, stop.signal)) return message.onSettled?.()
    waiting.unshift({ ...message, redelivered: true })
    dropOld()
  }

  return {
    push: (key, bytes, onSettled) => {
      waiting.push({ key, bytes, onSettled, redelivered: false, expiresMs: monotonicMs() + (rules.ttlMs ?? Infinity) })
      dropOld()
      pumpSoon()
    },
    length: () => {
      dropOld()
      return waiting.length
    },
    consume: (prefetch, settle) => {
      if (consumer) throw new Error('this queue has a subscriber already')
      const own: Consumer = { prefetch, settle, stop: new AbortController(), running: new Set() }
      consumer = own
      pumpSoon()
      return {
        stop: async () => {
          own.stop.abort()
          await Promise.all(own.running)
          if (consumer === own) consumer = undefined
        },
      }
    },
  }
}
