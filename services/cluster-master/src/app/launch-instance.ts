import { deriveId } from '@bramble/contracts'
import type { LaunchInstance, Operation } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import { draftInstance, repeatedHostPorts, wantedOf } from '../domain/prepare-launch.ts'
import type { Accepted } from '../fleet/fleet.ts'
import type { Caller, Master } from '../master.ts'
import { undoUnlessWritten } from '../store/errors.ts'
import { acceptOperation, operationIdFor } from './accept-operation.ts'
import { placeInstance } from './place-instance.ts'
import { resolveLaunch } from './resolve-launch.ts'

/**
 * Accepts a launch: the answer names the node, and the intent holds the whole instance. From its placement on the
 * instance counts on its node, so that of two launches at the same time each sees the other.
 */
export async function launchInstance(master: Master, caller: Caller, request: LaunchInstance): Promise<Operation> {
  const id = operationIdFor(caller)
  const instance = prepare(master, request, id)
  master.fleet.hold(instance)
  try {
    return await acceptOperation(master, caller, {
      id,
      intent: { kind: 'instance.launch', request, instance },
      resources: [{ kind: 'instance', id: instance.id }],
      cancellable: true,
    })
  } catch (error) {
    undoUnlessWritten(error, () => master.fleet.release(instance.id))
    throw error
  }
}

function prepare(master: Master, request: LaunchInstance, operation: Operation['id']): Accepted {
  const id = deriveId('instance', operation)
  const drafts = resolveLaunch(master, request).map((source) => {
    const draft = draftInstance(source, { id, operation, request })
    return { draft, ...wantedOf(source, draft.publish) }
  })
  for (const { draft } of drafts) checkRequest(master, draft)
  const { node, wanted } = placeInstance(master, drafts, request.node)
  return { ...wanted.draft, node }
}

function checkRequest({ fleet }: Master, { name, publish }: Pick<Accepted, 'name' | 'publish'>): void {
  if (fleet.hasName(name)) throw new ProblemError('name_taken', `There is already an instance ${name}.`)
  const repeated = repeatedHostPorts(publish)
  if (repeated.length === 0) return
  throw new ProblemError('invalid_input', `Host ports asked for twice: ${repeated.join(', ')}.`, {
    errors: [{ path: 'publish', message: `asks twice for ${repeated.join(', ')}` }],
  })
}
