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
      const found: Instance[] = []
      // Of many thousands hardly one: no list of all of them is made.
      for (const instance of records.instances.values()) if (isFound(master, instance)) found.push(instance)
      await Promise.all(found.map((instance) => accept(master, instance)))
    },
  }
}

function isFound(master: Master, instance: Instance): boolean {
  const node = master.fleet.node(instance.node)
  if (!node) return false
  const silentMs = master.clock.monotonicMs() - (node.heardAtMs ?? master.startedAtMs)
  return isToReplace(instance, { liveness: node.liveness, silentMs }) && !isBeingReplaced(master, instance)
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
