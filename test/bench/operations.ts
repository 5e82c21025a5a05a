import { waitOperation } from '@bramble/client'
import type { Client } from '@bramble/client'
import type { InstanceId, Operation } from '@bramble/contracts'

/** @throws with its problem when it did not succeed */
export async function endedWell(client: Client, { id }: Operation): Promise<Operation> {
  const operation = await waitOperation(client, id, { stepMs: 10_000 })
  if (operation.status !== 'succeeded') throw new Error(`${operation.kind}: ${operation.error?.detail}`)
  return operation
}

export const launchedBy = ({ resources }: Operation): InstanceId =>
  resources.find(({ kind }) => kind === 'instance')!.id as InstanceId
