import { canInstance } from '@bramble/contracts'
import type { Operation } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import type { Caller, Master } from '../master.ts'
import type { Accepted } from '../fleet/fleet.ts'
import { acceptOperation, operationIdFor } from './accept-operation.ts'

/** Accepts the deletion of an instance, of which a launch that goes on is cancelled. */
export async function deleteInstance(master: Master, caller: Caller, nameOrId: string): Promise<Operation> {
  const { id, name, status } = findAccepted(master, nameOrId)
  if (!canInstance('delete', status.phase))
    throw new ProblemError('wrong_state', `The instance ${name} is being deleted already.`)
  return acceptOperation(master, caller, {
    id: operationIdFor(caller),
    intent: { kind: 'instance.delete', instance: id },
    resources: [{ kind: 'instance', id }],
    cancellable: false,
  })
}

/** An instance that is stored or accepted, by name or id. @throws `not_found` */
export function findAccepted({ fleet }: Master, nameOrId: string): Accepted {
  const found = fleet.acceptedNamed(nameOrId) ?? fleet.accepted(nameOrId)
  if (!found) throw new ProblemError('not_found', `There is no instance ${nameOrId}.`)
  return found
}
