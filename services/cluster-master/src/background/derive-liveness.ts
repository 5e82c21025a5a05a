import type { NodeId } from '@bramble/contracts'
import type { TaskDefinition } from '@bramble/kit'
import { livenessAfter } from '../domain/liveness.ts'
import type { Master } from '../master.ts'

/** Nodes that went silent become suspect, then lost. Time is the master's own monotonic clock. */
export function deriveLiveness(master: Master): TaskDefinition {
  const { clock, fleet, records } = master
  const startedAtMs = clock.monotonicMs()
  return {
    name: 'derive-liveness',
    periodMs: 5000,
    run: async () => {
      const nowMs = clock.monotonicMs()
      for (const { id, liveness, heardAtMs = startedAtMs } of fleet.nodes()) {
        const next = livenessAfter(nowMs - heardAtMs, liveness)
        if (next !== liveness) await setLiveness(master, id, next)
      }
    },
  }

  async function setLiveness({ logger }: Master, id: NodeId, liveness: ReturnType<typeof livenessAfter>) {
    logger.warn({ node: id, liveness }, 'node is silent')
    await records.nodes.update(id, (node) => (node.liveness === liveness ? undefined : { ...node, liveness }))
  }
}
