import { isSameIncarnation, newId } from '@bramble/contracts'
import type { Instance } from '@bramble/contracts'
import type { TaskDefinition } from '@bramble/kit'
import { acceptOperation } from '../app/accept-operation.ts'
import { isToReplace } from '../domain/replacement.ts'
import type { Master } from '../master.ts'

/** Nobody asked for it. */
const caller = { tokenId: 'master', requestId: 'replace-lost' }

/** Accepts the replacement of instances that were lost with their node, and tries again those that fitted nowhere. */
export function replaceLost(master: Master): TaskDefinition {
  const { records, work } = master
  return {
    name: 'replace-lost',
    periodMs: 5000,
    run: async () => {
      for (const { id, kind } of records.operations.values()) if (kind === 'instance.replace') work.operations.add(id)
      await Promise.all(lost(master).map((instance) => accept(master, instance)))
    },
  }
}

/** Of many thousands hardly one: no list of all of them is made, and each node is looked at once. */
function lost(master: Master): Instance[] {
  const { fleet, records, clock, startedAtMs } = master
  const nowMs = clock.monotonicMs()
  const found: Instance[] = []
  for (const { instances, liveness, heardAtMs = startedAtMs } of fleet.nodes()) {
    const standing = { liveness, silentMs: nowMs - heardAtMs }
    for (const { instance } of instances.values()) {
      const stored = isToReplace(instance, standing) ? records.instances.get(instance.id) : undefined
      if (stored && !isBeingReplaced(master, stored)) found.push(stored)
    }
  }
  return found
}

const isBeingReplaced = ({ records, operations }: Master, instance: Instance): boolean =>
  [...operations.about(instance.id)].some((id) => {
    const intent = records.operations.get(id)?.intent
    return intent?.kind === 'instance.replace' && isSameIncarnation(intent, instance)
  })

async function accept(master: Master, { id, name, node, incarnation }: Instance): Promise<void> {
  master.logger.warn({ instanceId: id, node }, `instance ${name} was lost with its node, will be replaced`)
  await acceptOperation(master, caller, {
    id: newId('operation'),
    intent: { kind: 'instance.replace', instance: id, node, ...(incarnation !== undefined && { incarnation }) },
    resources: [{ kind: 'instance', id }],
    cancellable: false,
  })
}
