import { isDeepStrictEqual } from 'node:util'
import type { DesiredInstance, InstanceId } from '@bramble/contracts'
import { desiredInstance } from '../domain/desired-instance.ts'
import type { References } from '../domain/desired-instance.ts'
import type { Accepted } from '../fleet/fleet.ts'
import type { FleetNode, Held, MadeInstance } from '../fleet/fleet-node.ts'
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
  const desired: DesiredInstance[] = []
  const unwanted: InstanceId[] = []
  let before: Made | undefined
  for (const [id, held] of node.instances) {
    const instance = held.made ? held.instance : master.records.instances.get(id)
    if (instance?.status.phase === 'deleting' || node.leaving.has(id)) unwanted.push(id)
    else if (instance?.node === node.id) {
      held.made = madeOnce(master, instance, { last: held.made, before })
      before = { instance, made: held.made }
      if (held.made.wanted) desired.push(held.made.wanted)
      else master.logger.error({ instanceId: id, node: node.id }, 'instance starts from something that is not there')
    }
  }
  return { desired, unwanted }
}

type Made = Held & { made: MadeInstance }

interface Known {
  last: MadeInstance | undefined
  /** The one before it in the document, which is up to date. */
  before: Made | undefined
}

/** Instances one after another that start from the same share their references, so that these are compared once. */
function madeOnce(master: Master, instance: Accepted, { last, before }: Known): MadeInstance {
  if (last && last.references === before?.made.references) return last
  const found = referencesOf(master, instance)
  if (last && isSame(last.references, found)) return last
  const isShared = before && isSameSource(before.instance, instance) && isSame(before.made.references, found)
  if (!isShared) return { references: found, wanted: desiredInstance(instance, found) }
  const { references, wanted: other } = before.made
  // What it starts from is told of both in the same words.
  const wanted = desiredInstance(instance, references)
  return { references, wanted: wanted && other && { ...wanted, source: other.source } }
}

/** Whether both always have the same references: those of a disk are its operation's. */
const isSameSource = (a: Accepted, b: Accepted) => a.source.kind !== 'disk' && isDeepStrictEqual(a.source, b.source)

const isSame = (a: References, b: References) =>
  a.base === b.base && a.overlay === b.overlay && a.probe === b.probe && a.machine === b.machine

function referencesOf({ records }: Master, { source, operation }: Accepted): References {
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
