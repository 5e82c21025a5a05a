import type { DrainedNode, NodeId } from '@bramble/contracts'
import type { Caller, Master } from '../master.ts'
import { changeAdmission } from './change-admission.ts'
import { evictInstances } from './evict-instances.ts'

/** Places nothing more on a node; its instances stay unless they are evicted. */
export async function drainNode(
  master: Master,
  caller: Caller,
  { id, evict }: { id: NodeId; evict: boolean },
): Promise<DrainedNode> {
  const node = await changeAdmission(master, caller, { id, act: 'drain', admission: 'draining', verb: 'draining' })
  return { node, operations: evict ? await evictInstances(master, caller, id) : [] }
}
