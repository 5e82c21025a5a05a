import { canNode } from '@bramble/contracts'
import type { NodeId } from '@bramble/contracts'
import type { TaskDefinition } from '@bramble/kit'
import { takeAccess } from '../join/take-access.ts'
import type { Master } from '../master.ts'

/**
 * Takes from retired nodes what could not be taken when they were retired, and at the start from all of them: nothing is
 * kept about what is taken already, and taking twice changes nothing.
 */
export function takeRetired(master: Master): TaskDefinition {
  const { work, records } = master
  return {
    name: 'take-retired',
    periodMs: 30_000,
    run: async (stopping) => {
      const failures: unknown[] = []
      for (const id of work.retired.take()) {
        if (!stopping.aborted && (await tryOne(id, failures))) continue
        work.retired.add(id)
      }
      if (failures.length > 0) throw new AggregateError(failures, `${failures.length} retired nodes keep their access`)
    },
  }

  async function tryOne(id: NodeId, failures: unknown[]): Promise<boolean> {
    try {
      await master.inTurn(`node ${id}`, async () => {
        const node = records.nodes.get(id)
        // Another host may have its name by now.
        if (node && canNode('replace', node.admission)) await takeAccess(master, id)
      })
      return true
    } catch (error) {
      failures.push(error)
      return false
    }
  }
}
