import { isSameIncarnation, isTerminal } from '@bramble/contracts'
import type { NodeId, Operation } from '@bramble/contracts'
import type { Clock } from '@bramble/kit'
import type { Records } from '../records/records.ts'
import type { Fleet } from './fleet.ts'

interface Surroundings {
  records: Pick<Records, 'instances'>
  fleet: Fleet
  clock: Clock
}

/**
 * From the moment that a replacement is stored its instance is named to its node no more, until it is given to another
 * one or the operation ends. Returns the node whose document that changes.
 */
export function noteDeparture(surroundings: Surroundings, { intent, status }: Operation): NodeId | undefined {
  if (intent.kind !== 'instance.replace') return undefined
  const { records, fleet, clock } = surroundings
  const instance = records.instances.get(intent.instance)
  if (!instance || !isSameIncarnation(instance, intent)) return undefined
  if (!isTerminal(status)) return fleet.leave(instance.id, clock.monotonicMs())
  fleet.left(instance)
  return instance.node
}
