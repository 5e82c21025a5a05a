import type { Node, NodeId } from '@bramble/contracts'
import type { Caller, Master } from '../master.ts'
import { changeAdmission } from './change-admission.ts'

/** Lets a drained node take instances again. */
export const undrainNode = (master: Master, caller: Caller, id: NodeId): Promise<Node> =>
  changeAdmission(master, caller, { id, act: 'undrain', admission: 'approved', verb: 'undrained' })
