import { Labels } from '@bramble/contracts'
import type { Node, NodeId, UpdateNode } from '@bramble/contracts'
import { checkIfMatch, ProblemError } from '@bramble/kit'
import type { Caller, Master } from '../master.ts'
import { checkAct } from './change-admission.ts'
import { checkUnmanaged } from './check-unmanaged.ts'

/** @throws `not_found`, `wrong_state`, `managed_by_file`, `revision_mismatch` when If-Match asks for another revision */
export const updateNode = (master: Master, caller: Caller, change: NodeChange): Promise<Node> =>
  master.inTurn(`node ${change.id}`, async () => {
    await checkUnmanaged(master, change.id, change.patch)
    return changeNode(master, caller, change)
  })

interface NodeChange {
  id: NodeId
  patch: UpdateNode
  ifMatch?: string | undefined
}

async function changeNode(
  { records, clock }: Pick<Master, 'records' | 'clock'>,
  { tokenId }: Caller,
  { id, patch, ifMatch }: NodeChange,
): Promise<Node> {
  const updated = await records.nodes.update(id, (node) => {
    checkIfMatch(ifMatch, node.revision)
    checkAct('update', node)
    const deed = { verb: 'updated', at: clock.now(), by: tokenId, revision: node.revision + 1 } as const
    return { ...node, cluster: patch.cluster ?? node.cluster, labels: mergeLabels(node.labels, patch.labels), deed }
  })
  if (!updated) throw new ProblemError('not_found', `There is no node ${id}.`)
  return updated
}

function mergeLabels(labels: Node['labels'], patch: UpdateNode['labels'] = {}): Labels {
  const kept = Object.entries({ ...labels, ...patch }).filter((entry): entry is [string, string] => entry[1] !== null)
  const merged = Labels.safeParse(Object.fromEntries(kept))
  if (merged.success) return merged.data
  throw new ProblemError('invalid_input', 'A node has at most 64 labels.')
}
