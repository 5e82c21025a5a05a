import type { DesiredInstance, Instance, InstanceId } from '@bramble/contracts'
import { desiredInstance } from '../domain/desired-instance.ts'
import type { References } from '../domain/desired-instance.ts'
import type { FleetNode, MadeInstance } from '../fleet/fleet-node.ts'
import type { Master } from '../master.ts'

/**
 * The stored instances of a node that are to exist; those only accepted are not told of yet. Each is the same object as
 * the last time as long as nothing has changed: a document that is sent again costs what is new in it.
 */
export function desiredInstancesOf(master: Master, node: FleetNode): DesiredInstance[] {
  const made = new Map<InstanceId, MadeInstance>()
  const desired: DesiredInstance[] = []
  for (const id of node.instances.keys()) {
    const instance = master.records.instances.get(id)
    if (instance?.node !== node.id || instance.status.phase === 'deleting' || node.leaving.has(id)) continue
    const now = madeOnce(node.made.get(id), instance, referencesOf(master, instance))
    made.set(id, now)
    if (now.wanted) desired.push(now.wanted)
    else master.logger.error({ instanceId: id, node: node.id }, 'instance starts from something that is not there')
  }
  node.made = made
  return desired
}

function madeOnce(last: MadeInstance | undefined, instance: Instance, references: References): MadeInstance {
  if (last?.instance === instance && isSame(last.references, references)) return last
  return { instance, references, wanted: desiredInstance(instance, references) }
}

const isSame = (a: References, b: References) =>
  a.base === b.base && a.overlay === b.overlay && a.probe === b.probe && a.machine === b.machine

function referencesOf({ records }: Master, { source, operation }: Instance): References {
  if (source.kind === 'disk') {
    const intent = records.operations.get(operation)?.intent
    if (intent?.kind !== 'base.create' || intent.request.source.kind !== 'disk') return {}
    return { machine: intent.request.source.machine, probe: intent.request.source.probe }
  }
  const base = records.bases.get(source.base)
  if (source.kind === 'base') return { base }
  const overlay = records.overlays.get(source.overlay)
  const probe = source.kind === 'service' ? records.services.get(source.service)?.probe : undefined
  return { base, overlay, probe }
}
