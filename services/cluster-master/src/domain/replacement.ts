// When an instance is started anew elsewhere, and from when on its old VM certainly runs no more. The second rests on
// the node's side of it (node-agent: lease/lease.ts): a VM ends at the latest `stopAfterSeconds` after its node sent the
// last report that the master had heard when it made a document which names the instance.
import type { Instance, Node } from '@bramble/contracts'
import { lostAfterMs } from './liveness.ts'

export interface NodeStanding {
  liveness: Node['liveness']
  /** Since its last report to this master, or since this master started. */
  silentMs: number
}

/** A failure of its own is left to whoever launched it. */
export function isToReplace(
  { whenLost, status }: Pick<Instance, 'whenLost' | 'status'>,
  { liveness, silentMs }: NodeStanding,
): boolean {
  if (whenLost?.policy !== 'replace' || status.phase === 'deleting') return false
  if (status.phase === 'failed') return status.problem?.code === 'lost_master'
  // What an earlier master found may be out of date: it may have heard the node just before its end.
  return liveness === 'lost' && silentMs >= lostAfterMs
}

export interface Leaving {
  /** Its node has confirmed that it has the VM no more. */
  isGone: boolean
  /** From then on no document names it to its node. */
  leftAtMs: number
  /** The last report of its node, or the start of this master. */
  heardAtMs: number
}

/** Whether its old VM cannot run any more. What was heard after it left has renewed nothing. */
export const isReleased = ({ isGone, leftAtMs, heardAtMs }: Leaving, nowMs: number): boolean =>
  isGone || nowMs - Math.min(leftAtMs, heardAtMs) >= lostAfterMs
