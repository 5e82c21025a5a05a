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
  const made: MadeInstance[] = []
  const unwanted: InstanceId[] = []
  const held: Accepted[] = [...node.instances.values()]
  const lastMade = placesIn<Accepted>(node.made.map(stored), held)
  for (const [at, { id }] of held.entries()) {
    const last = node.made[lastMade[at]!]
    // What was made of it was stored, and every later write would have brought another object here.
    const instance = last?.instance ?? master.records.instances.get(id)
    if (instance?.status.phase === 'deleting' || node.leaving.has(id)) unwanted.push(id)
    else if (instance?.node === node.id) made.push(madeOnce(master, instance, { last, before: made.at(-1) }))
  }
  node.made = made
  return { desired: allWanted(master, node), unwanted }
}

const stored = ({ instance }: MadeInstance) => instance

function allWanted({ logger }: Master, { id: node, made }: FleetNode): DesiredInstance[] {
  const desired: DesiredInstance[] = []
  for (const { instance, wanted } of made) {
    if (wanted) desired.push(wanted)
    else logger.error({ instanceId: instance.id, node }, 'instance starts from something that is not there')
  }
  return desired
}

interface Known {
  last: MadeInstance | undefined
  /** The one before it in the document, which is up to date. */
  before: MadeInstance | undefined
}

/** Instances one after another that start from the same share their references, so that these are compared once. */
function madeOnce(master: Master, instance: Instance, { last, before }: Known): MadeInstance {
  if (last && last.references === before?.references) return last
  const found = referencesOf(master, instance)
  if (last && isSame(last.references, found)) return last
  const references =
    before && isSameSource(before.instance, instance) && isSame(before.references, found) ? before.references : found
  return { instance, references, wanted: desiredInstance(instance, references) }
}

/** Whether both always have the same references: those of a disk are its operation's. */
const isSameSource = (a: Instance, b: Instance) => a.source.kind !== 'disk' && isDeepStrictEqual(a.source, b.source)

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
