import type { Node, NodeId } from '@bramble/contracts'
import type { Caller, Master } from '../master.ts'
import { changeAdmission } from './change-admission.ts'

/** Lets a node that joined by an invitation that asks for it take instances: it gets its broker user when it asks. */
export const approveNode = (master: Master, caller: Caller, id: NodeId): Promise<Node> =>
  changeAdmission(master, caller, { id, act: 'approve', admission: 'approved', verb: 'approved' })
