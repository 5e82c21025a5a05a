import { canNode } from '@bramble/contracts'
import type { Admission, Node, NodeAct, NodeDeed, NodeId } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import type { Caller, Master } from '../master.ts'

interface Change {
  act: NodeAct
  admission: Admission
  verb: NodeDeed['verb']
}

/** What an operator says about a node; said twice it changes nothing. @throws `not_found`, `wrong_state` */
export async function changeAdmission(
  { records, clock }: Pick<Master, 'records' | 'clock'>,
  { tokenId }: Caller,
  { id, act, admission, verb }: Change & { id: NodeId },
): Promise<Node> {
  const changed = await records.nodes.update(id, (node) => {
    checkAct(act, node)
    if (node.admission === admission) return undefined
    return { ...node, admission, deed: { verb, at: clock.now(), by: tokenId, revision: node.revision + 1 } }
  })
  if (!changed) throw new ProblemError('not_found', `There is no node ${id}.`)
  return changed
}

/** @throws `wrong_state` */
export function checkAct(act: NodeAct, { id, admission }: Node): void {
  if (!canNode(act, admission)) throw new ProblemError('wrong_state', `The node ${id} is ${admission}.`)
}
