import type { InstanceFact, NodeId, Timestamp } from '@bramble/contracts'
import { slotOf } from '../ledger/records.ts'
import type { InstanceRecord } from '../ledger/records.ts'

export interface FactSource {
  node: NodeId
  at: Timestamp
  detail?: string
}

/**
 * The record with a fact to be told, written with the state that it tells of, so that no crash comes between the two.
 * The id is made of instance, verb and slot: a fact told twice is the same fact.
 */
export function addFact(record: InstanceRecord, verb: InstanceFact['verb'], source: FactSource): InstanceRecord {
  const { node, at, detail } = source
  const instance = record.instance.id
  const fact: InstanceFact = {
    type: 'fact.instance.v1',
    id: `${instance}.${verb}.${slotOf(record)?.id ?? 'none'}`,
    node,
    at,
    instance,
    verb,
    ...(detail !== undefined && { detail }),
  }
  return { ...record, untold: [...record.untold.filter(({ id }) => id !== fact.id), fact] }
}
