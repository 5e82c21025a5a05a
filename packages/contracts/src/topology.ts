// The bus, declared in one place: exchanges, queues and keys. A queue declared elsewhere with other arguments would
// be refused by the broker. To add a receiver: add its kind to `receiverKinds`, its schemas to messages/, done.

/** Kinds of receivers of desired state; a key is `<kind>.<id>`. */
export const receiverKinds = ['node', 'discovery'] as const
export type ReceiverKind = (typeof receiverKinds)[number]

/** Key under which a receiver gets its desired document and sends its reports: `node.pi-07`. */
export type ReceiverKey = `${ReceiverKind}.${string}`
export const receiverKey = (kind: ReceiverKind, id: string): ReceiverKey => `${kind}.${id}`

/** Key of a fact: sender's kind and id, noun, past verb: `node.pi-07.instance.ready`. */
export type FactKey = `${ReceiverKind}.${string}.${string}.${string}`

/** The sender that a key names, `node.pi-07` of `node.pi-07.instance.ready`. */
export const senderOf = (key: string): string => key.split('.').slice(0, 2).join('.')

export const heartbeatMs = 10_000

export const topology = {
  exchanges: {
    desired: { name: 'desired', type: 'topic' },
    reports: { name: 'reports', type: 'topic' },
    facts: { name: 'facts', type: 'topic' },
    dead: { name: 'dead', type: 'topic' },
  },
  queues: {
    /** One per receiver: only the newest document is kept. */
    desired: (key: ReceiverKey) =>
      ({
        name: `desired.${key}`,
        exchange: 'desired',
        key,
        arguments: { 'x-queue-type': 'classic', 'x-max-length': 1, 'x-overflow': 'drop-head' },
      }) as const,
    reports: {
      name: 'master.reports',
      exchange: 'reports',
      key: '#',
      arguments: { 'x-queue-type': 'classic', 'x-message-ttl': 3 * heartbeatMs },
    },
    facts: {
      name: 'master.facts',
      exchange: 'facts',
      key: '#',
      // A backstop: every loss of a subscriber counts as a delivery, and what came too often is dead, not gone.
      arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': 1000, 'x-dead-letter-exchange': 'dead' },
    },
    dead: {
      name: 'master.dead',
      exchange: 'dead',
      key: '#',
      arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': 1000 },
    },
  },
} as const
