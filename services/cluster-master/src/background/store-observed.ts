// Stores what reports told of instances: that one runs, that it failed, that it is gone. What is only on its way
// (preparing, starting) stays in memory and is merged where documents are read.
import { isSameIncarnation } from '@bramble/contracts'
import type { Instance, InstanceId, ObservedInstance } from '@bramble/contracts'
import type { TaskDefinition } from '@bramble/kit'
import { crashPoint } from '../crash-points.ts'
import { isWorthStoring } from '../domain/observed.ts'
import type { FleetNode } from '../fleet/fleet-node.ts'
import { statusOf } from '../fleet/project.ts'
import type { Master } from '../master.ts'

export function storeObserved(master: Master): TaskDefinition {
  return {
    name: 'store-observed',
    periodMs: 30_000,
    run: async () => {
      const ids = master.work.observed.take()
      const results = await Promise.allSettled(ids.map((id) => storeOne(master, id)))
      for (const [at, { status }] of results.entries()) if (status === 'rejected') master.work.observed.add(ids[at]!)
      const failure = results.find((result) => result.status === 'rejected')
      if (failure) throw failure.reason
    },
  }
}

async function storeOne(master: Master, id: InstanceId): Promise<void> {
  const instance = master.records.instances.get(id)
  const node = instance && master.fleet.node(instance.node)
  const observed = instance && master.fleet.observed(instance)
  if (node && instance.status.phase === 'deleting') await removeWhenGone(master, node, id)
  else if (observed) await storeStatus(master, id, observed)
  for (const operation of master.operations.about(id)) master.work.operations.add(operation)
}

async function storeStatus(master: Master, id: InstanceId, observed: ObservedInstance): Promise<void> {
  await master.records.instances.update(id, (current: Instance) =>
    isSameIncarnation(observed, current) && isWorthStoring(observed, current.status)
      ? { ...current, status: statusOf(observed) }
      : undefined,
  )
  crashPoint('launch.statusStored')
}

async function removeWhenGone(master: Master, node: FleetNode, id: InstanceId): Promise<void> {
  if (!node.gone.has(id)) return
  // Its operations are looked up by the caller: they outlive it.
  await master.records.instances.remove(id)
  node.gone.delete(id)
  node.withoutSince.delete(id)
  crashPoint('delete.instanceRemoved')
}
