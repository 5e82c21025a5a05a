import { isSameIncarnation } from '@bramble/contracts'
import type { Instance, NodeId, Operation } from '@bramble/contracts'
import { crashPoint } from '../crash-points.ts'
import type { Master } from '../master.ts'

/**
 * Gives an instance to another node, or to the same one anew. It counts there from now on, so that of two that move at
 * the same time each sees the other; the node is told once it is stored.
 */
export async function moveInstance(master: Master, operation: Operation, node: NodeId): Promise<void> {
  const { records, fleet } = master
  const { intent } = operation
  const before = intent.kind === 'instance.replace' && records.instances.get(intent.instance)
  if (!before) return
  fleet.hold(moved(before, node))
  try {
    await records.instances.update(before.id, (now) =>
      isSameIncarnation(now, intent) && now.status.phase !== 'deleting' ? moved(now, node) : undefined,
    )
  } finally {
    const stored = records.instances.get(before.id)
    if (stored) fleet.hold(stored)
  }
  crashPoint('replace.instanceMoved')
  await tellReplaced(master, operation)
}

/** Told again at the operation's end, which it may come to after a crash; a second telling adds nothing. */
export async function tellReplaced({ records, events, clock }: Master, { intent }: Operation): Promise<void> {
  const instance = intent.kind === 'instance.replace' && records.instances.get(intent.instance)
  if (!instance || isSameIncarnation(instance, intent)) return
  const { id, name, node } = instance
  await events.append([
    {
      id: `${id}:replaced:${intent.incarnation ?? 0}`,
      type: 'instance.replaced',
      at: clock.now(),
      resource: { kind: 'instance', id },
      summary: `instance ${name} replaced: was on ${intent.node}, is on ${node}`,
    },
  ])
}

const moved = (instance: Instance, node: NodeId): Instance => ({
  ...instance,
  node,
  incarnation: (instance.incarnation ?? 0) + 1,
  status: { phase: 'pending', forwards: [] },
})
