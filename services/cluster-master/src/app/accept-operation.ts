import { newId } from '@bramble/contracts'
import type { Intent, Operation, OperationId, ResourceRef } from '@bramble/contracts'
import { crashPartOf, crashPoint } from '../crash-points.ts'
import type { Caller, Master } from '../master.ts'
import { WriteInDoubtError } from '../store/errors.ts'
import type { Draft } from '../store/store.ts'

/** The operation's id: the one that was kept with the caller's Idempotency-Key, or a new one. */
export const operationIdFor = (caller: Caller): OperationId => caller.operationId ?? newId('operation')

export interface Accepted {
  id: OperationId
  intent: Intent
  resources: ResourceRef[]
  cancellable: boolean
}

/** Stores what is to be done, all of it. Once this resolves it will be done, or end with a problem. */
export async function acceptOperation(master: Master, caller: Caller, accepted: Accepted): Promise<Operation> {
  const operation = await insert(master, {
    ...accepted,
    kind: accepted.intent.kind,
    status: 'pending',
    phase: 'accepted',
    cancelRequested: false,
    requestedBy: caller.tokenId,
    requestId: caller.requestId,
    startedAt: master.clock.now(),
  })
  crashPoint(`${crashPartOf[operation.kind]}.operationStored`)
  master.work.operations.add(operation.id)
  return operation
}

async function insert({ records, work }: Master, draft: Draft<Operation>): Promise<Operation> {
  try {
    return await records.operations.insert(draft)
  } catch (error) {
    // It is carried out when it turns out to be stored, though its caller was told of a failure.
    if (error instanceof WriteInDoubtError)
      error.outcome.then(
        () => work.operations.add(draft.id),
        () => {},
      )
    throw error
  }
}
