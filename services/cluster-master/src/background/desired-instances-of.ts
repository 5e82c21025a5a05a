import { isDeepStrictEqual } from 'node:util'
import { placesIn } from '@bramble/contracts'
import type { DesiredInstance, Instance, InstanceId } from '@bramble/contracts'
import { desiredInstance } from '../domain/desired-instance.ts'
import type { References } from '../domain/desired-instance.ts'
import type { Accepted } from '../fleet/fleet.ts'
import type { FleetNode, MadeInstance } from '../fleet/fleet-node.ts'
import type { Master } from '../master.ts'

export interface Named {
  /** The stored instances of a node that are to exist; those only accepted are not told of yet. */
  desired: DesiredInstance[]
  /** Those that are to be deleted or leave, which no document names. */
  unwanted: InstanceId[]
}

/**
 * What is desired is the same object as the last time as long as nothing has changed, and is not looked at again: a
 * document that is sent again costs what is new in it.
 */
export function desiredInstancesOf(master: Master, node: FleetNode): Named {
  const named: Named = { desired: [], unwanted: [] }
  const made: MadeInstance[] = []
  const held: Accepted[] = [...node.instances.values()]
  const places = placesIn<Accepted>(
    node.made.map(({ instance }) => instance),
    held,
  )
  /** Those of the one before, which were found to be as they were. */
  let current: References | undefined
  for (const [at, { id }] of held.entries()) {
    const last = node.made[places[at]!]
    // What was made of it was stored, and every later write would have brought another object here.
    const instance = last?.instance ?? master.records.instances.get(id)
    if (instance?.status.phase === 'deleting' || node.leaving.has(id)) {
      named.unwanted.push(id)
      continue
    }
    if (instance?.node !== node.id) continue
    const isCurrent =
      last !== undefined && (last.references === current || isSame(last.references, referencesOf(master, instance)))
    const now = isCurrent ? last : make(master, instance, made.at(-1))
    current = now.references
    made.push(now)
    if (now.wanted) named.desired.push(now.wanted)
    else master.logger.error({ instanceId: id, node: node.id }, 'instance starts from something that is not there')
  }
  node.made = made
  return named
}

/** Instances one after another that start from the same share their references, so that these are compared once. */
function make(master: Master, instance: Instance, before: MadeInstance | undefined): MadeInstance {
  const found = referencesOf(master, instance)
  const isShared =
    before !== undefined &&
    instance.source.kind !== 'disk' &&
    isDeepStrictEqual(before.instance.source, instance.source) &&
    isSame(before.references, found)
  const references = isShared ? before.references : found
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
