// What services say to each other. There are three kinds of messages and no commands (docs/architecture.md):
//
//   desired  master -> receiver   the complete intended state; only the newest per receiver is kept
//   report   receiver -> master   the complete observed state; one that is lost or too old does no harm
//   fact     receiver -> master   something that happened; told at least once, harmless when told twice
//
// A body that the bus hands out is parsed JSON and nothing more: its receiver parses it with the schema of its type,
// and checks that the sender named in the body is the one that the key names (`senderOf`).
import type { FactKey, ReceiverKey } from '@bramble/contracts'
import type { Software } from '../software.ts'

/** Every message says what it is, with its major version: `report.node.v1`. */
export interface BusMessage {
  type: string
}

export interface Delivery {
  key: string
  body: BusMessage
  /** It may have been handled before: the handler failed, or whoever had it went away. */
  redelivered: boolean
}

/** Resolves when the message was dealt with. */
export type DeliveryHandler = (delivery: Delivery) => void | Promise<void>

/** A fact that its receiver could not take, kept for people to look at. */
export interface DeadFact {
  key: string
  /** Why, with the chain of causes. */
  reason: string
  /** The message as it came, which need not be JSON. */
  text: string
}

export interface Subscription {
  /** Takes no more messages, and waits for the handlers that run. What they did not deal with is redelivered. */
  stop(): Promise<void>
}

export interface FactOptions {
  /** How many facts are handled at the same time, in no order when more than one; 1 when absent. */
  prefetch?: number
}

/** Each queue has at most one subscriber at a time. Publishing rejects with `unavailable` while the bus is down. */
export interface Bus {
  /** Replaces the document that waits for this receiver, whether it is subscribed at present or not. */
  publishDesired(key: ReceiverKey, document: BusMessage): Promise<void>
  /** One document at a time. A handler that fails is logged; the master sends the document again. */
  subscribeDesired(key: ReceiverKey, handler: DeliveryHandler): Promise<Subscription>

  publishReport(key: ReceiverKey, report: BusMessage): Promise<void>
  /** The reports of all receivers, one at a time. A handler that fails is logged; a newer report follows anyway. */
  subscribeReports(handler: DeliveryHandler): Promise<Subscription>

  /**
   * Resolves when the fact cannot be lost any more; until then the sender keeps it. A broker confirms that it is on its
   * disk, whether anybody is subscribed or not. In one process nothing outlives the bus: there it was handled, or is dead.
   */
  publishFact(key: FactKey, fact: BusMessage): Promise<void>
  /**
   * The facts of all senders. A handler that throws a retryable error (`isRetryable`) gets the fact again after a
   * pause; any other error makes the fact dead, with the error as its reason.
   */
  subscribeFacts(handler: DeliveryHandler, options?: FactOptions): Promise<Subscription>
  /**
   * How often the queue of facts was found to be gone, and with it what had been confirmed and not handled; absent where
   * that cannot be.
   */
  factsLost?(): number
  /** Dead facts, kept until a handler took them. */
  subscribeDead(handler: (fact: DeadFact) => void | Promise<void>): Promise<Subscription>

  /** How many dead facts wait to be taken. */
  countDead(): Promise<number>

  /** Resolves when messages can be sent and received; rejects with the reason when not. */
  probe(): Promise<void>
  /** What carries it; undefined until it was reached once. */
  about(): Software | undefined
  /** What went through since it was made, by what became of it; for metrics. */
  counts?(): Readonly<Record<string, number>>
  close(): Promise<void>
}
