import { isTerminal } from '@bramble/contracts'
import type { Operation, OperationId } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import type { Master } from '../master.ts'
import { showOperation } from './show-operation.ts'

/** Asks for the end of an operation; what it half did is undone before it ends as `cancelled`. */
export async function cancelOperation(master: Master, id: OperationId): Promise<Operation> {
  const operation = await showOperation(master, id)
  if (isTerminal(operation.status)) throw new ProblemError('wrong_state', `The operation has ${operation.status}.`)
  if (!operation.cancellable) throw new ProblemError('wrong_state', `A ${operation.kind} cannot be cancelled.`)
  await requestCancel(master, id)
  return showOperation(master, id)
}

export async function requestCancel(master: Master, id: OperationId): Promise<void> {
  await master.records.operations.update(id, (operation) =>
    isTerminal(operation.status) || operation.cancelRequested ? undefined : { ...operation, cancelRequested: true },
  )
  master.work.operations.add(id)
}
