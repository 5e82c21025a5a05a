import type { NodeId, UpdateNode } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import { managedField } from '../domain/declared-node.ts'
import type { Master } from '../master.ts'
import { readApplied } from './applied-description.ts'
import { declaredNode } from './declared-spec.ts'

/** @throws `managed_by_file` when the description says otherwise; the hint tells where */
export async function checkUnmanaged(
  master: Pick<Master, 'records' | 'store'>,
  id: NodeId,
  patch: UpdateNode,
): Promise<void> {
  const declared = declaredNode(master.records, id)
  const field = declared && managedField(declared.spec, patch)
  if (!declared || field === undefined) return
  const { applied } = await readApplied(master)
  const file = applied?.from ?? 'the description'
  throw new ProblemError('managed_by_file', `The description of the testbed sets ${field} of the node ${id}.`, {
    hint: `Change ${declared.key}.${field} in ${file}, and apply it: \`bramble apply -f FILE\`.`,
  })
}
