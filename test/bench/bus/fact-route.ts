import { newId } from '@bramble/contracts'
import type { FactKey, InstanceFact, NodeId, Timestamp } from '@bramble/contracts'

export interface SentFact {
  key: FactKey
  fact: InstanceFact
  /** The same as it goes over the wire. */
  bytes: Buffer
}

/** A way from who tells facts to who takes them. */
export interface FactRoute {
  /** Resolves when the broker confirmed it. */
  publish(fact: SentFact): Promise<void>
  /** Called for each that arrives. */
  listen(onFact: () => void): void
  close(): Promise<void>
}

export function makeFacts(count: number): SentFact[] {
  const node = 'sim-001' as NodeId
  return Array.from({ length: count }, () => {
    const instance = newId('instance')
    const id = `${instance}.ready.slot-1`
    const at = new Date().toISOString() as Timestamp
    const fact: InstanceFact = { type: 'fact.instance.v1', id, node, at, instance, verb: 'ready' }
    return { key: `node.${node}.instance.ready`, fact, bytes: Buffer.from(JSON.stringify(fact)) }
  })
}
