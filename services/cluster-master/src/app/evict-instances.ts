import { canInstance } from '@bramble/contracts'
import type { NodeId, OperationId } from '@bramble/contracts'
import type { Caller, Master } from '../master.ts'
import { deleteInstance } from './delete-instance.ts'

/** Accepts the deletion of everything that a node has, those that are on their way to it too. */
export async function evictInstances(master: Master, caller: Caller, node: NodeId): Promise<OperationId[]> {
  const present = Array.from(master.fleet.node(node)?.instances.values() ?? [], ({ instance }) => instance)
  const deletable = present.filter(({ status }) => canInstance('delete', status.phase))
  const operations = await Promise.all(deletable.map(({ id }) => deleteInstance(master, caller, id)))
  return operations.map(({ id }) => id)
}
