import { isTerminal } from '@bramble/contracts'
import type { Operation, OperationId } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import { projectOperation } from '../fleet/project.ts'
import type { Master } from '../master.ts'

/** @throws `not_found` */
export async function showOperation(master: Master, id: OperationId): Promise<Operation> {
  const open = master.records.operations.get(id)
  if (open) return projectOperation(master.fleet, open)
  const ended = await master.store.collection('operations').get(id)
  if (!ended) throw new ProblemError('not_found', `There is no operation ${id}.`)
  return ended
}

/** The operation once it ended, or as it stands when `signal` aborts, which it has to in the end. */
export async function awaitOperation(master: Master, id: OperationId, signal: AbortSignal): Promise<Operation> {
  // Asked for first: it may end while it is being looked up.
  const end = master.operations.end(id, signal)
  const now = await showOperation(master, id)
  return isTerminal(now.status) ? now : ((await end) ?? (await showOperation(master, id)))
}
