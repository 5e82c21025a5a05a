import type { Instance, Operation } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import { builderOf } from '../app/builder.ts'
import { placeInstance } from '../app/place-instance.ts'
import { crashPoint } from '../crash-points.ts'
import type { Accepted } from '../fleet/fleet.ts'
import type { Master } from '../master.ts'
import { DuplicateError, undoUnlessWritten } from '../store/errors.ts'

export async function storeInstance(master: Master, { intent }: Operation): Promise<void> {
  if (intent.kind !== 'instance.launch') return
  await insert(master, intent.instance)
  crashPoint('launch.instanceStored')
}

/** Places and stores the instance that boots the disk of a base. */
export async function storeBuilder(master: Master, operation: Operation): Promise<void> {
  const { intent } = operation
  if (intent.kind !== 'base.create' || intent.request.source.kind !== 'disk') return
  const { name, source } = intent.request
  const { instance, wanted } = builderOf({ name, source, operation: operation.id })
  const { node } = placeInstance(master, [wanted])
  const accepted = { ...instance, node }
  master.fleet.hold(accepted)
  try {
    await insert(master, accepted)
  } catch (error) {
    undoUnlessWritten(error, () => master.fleet.release(accepted.id))
    throw error
  }
  crashPoint('capture.builderStored')
}

async function insert({ records }: Master, instance: Accepted): Promise<Instance> {
  try {
    return await records.instances.insert(instance)
  } catch (error) {
    if (!(error instanceof DuplicateError)) throw error
    throw new ProblemError('name_taken', `There is already an instance ${instance.name}.`, { cause: error })
  }
}
