// Documents as they are answered: as stored, with what reports have told since. Progress is not worth a write.
import { deriveId } from '@bramble/contracts'
import type { CaptureOutcome, Instance, InstanceId, Node, ObservedInstance, Operation } from '@bramble/contracts'
import type { Fleet } from './fleet.ts'

export function projectNode(fleet: Fleet, node: Node): Node {
  const known = fleet.node(node.id)
  if (!known) return node
  const { free, cachedBases, cachedOverlays, lastSeenAt, clockAheadMs, conflict, troubles, frozen } = known
  return {
    ...node,
    reserved: { ...known.reserved },
    instances: known.instances.size,
    ...(lastSeenAt && { lastSeenAt }),
    ...(clockAheadMs !== undefined && { clockAheadMs }),
    ...(free && { free }),
    ...(cachedBases && { cachedBases }),
    ...(cachedOverlays && { cachedOverlays }),
    ...(conflict && { conflict }),
    ...(troubles && { troubles }),
    ...(frozen && { frozen }),
  }
}

export function projectInstance(fleet: Fleet, instance: Instance): Instance {
  const departure = fleet.node(instance.node)?.leaving.get(instance.id)
  if (departure?.waits) return { ...instance, status: { ...instance.status, detail: departure.waits } }
  const observed = fleet.observed(instance)
  const { phase } = instance.status
  if (!observed || (phase !== 'pending' && phase !== observed.phase)) return instance
  return { ...instance, status: statusOf(observed) }
}

/** Costs little for one of many thousands: a stored phase is the one that is shown, but for the first. */
export const shownPhase = (fleet: Fleet, instance: Instance): Instance['status']['phase'] =>
  instance.status.phase === 'pending' ? projectInstance(fleet, instance).status.phase : instance.status.phase

export function statusOf(observed: ObservedInstance): Instance['status'] {
  const { id: _id, progress: _progress, incarnation: _incarnation, ...status } = observed
  return status
}

/** What an operation that has not ended is doing now. */
export function projectOperation(fleet: Fleet, operation: Operation): Operation {
  if (operation.status !== 'pending') return operation
  const instance = instanceOf(operation, fleet)
  const node = instance && fleet.node(instance.node)
  const outcome = node?.outcomes.get(deriveId('capture', operation.id))
  const waits = instance && node?.leaving.get(instance.id)?.waits
  if (waits && operation.kind === 'instance.replace') return { ...operation, status: 'running', phase: waits }
  const doing = outcome?.status === 'running' ? outcome : instance && fleet.observed(instance)
  if (!doing) return operation
  return {
    ...operation,
    status: 'running',
    phase: phaseOf(doing),
    ...(doing.progress && { progress: doing.progress }),
  }
}

const phaseOf = (doing: ObservedInstance | CaptureOutcome): string =>
  ('detail' in doing ? doing.detail : undefined) ?? ('phase' in doing ? doing.phase : doing.status)

function instanceOf({ resources }: Operation, fleet: Fleet) {
  const named = resources.find(({ kind }) => kind === 'instance')
  return named && fleet.accepted(named.id as InstanceId)
}
