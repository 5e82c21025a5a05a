import type { Node } from '@bramble/contracts'
import type { TaskDefinition } from '@bramble/kit'
import { freezesOf, livenessAfter } from '../domain/liveness.ts'
import type { Silence } from '../domain/liveness.ts'
import type { FleetNode } from '../fleet/fleet-node.ts'
import type { Master } from '../master.ts'
import { createFreezes } from './freezes.ts'

/** Nodes that went silent become suspect, then lost. Time is the master's own monotonic clock. */
export function deriveLiveness(master: Master): TaskDefinition {
  const { clock, fleet } = master
  const freezes = createFreezes(master)
  let deafAtMs = -Infinity

  return {
    name: 'derive-liveness',
    periodMs: 5000,
    run: async () => {
      const nowMs = clock.monotonicMs()
      // While nothing can come through the bus, nobody's silence means anything.
      if (!canHear(master)) deafAtMs = nowMs
      const silences = [...fleet.nodes()].map((node) => silenceOf(node, nowMs))
      await freezes.note(freezesOf(silences), nowMs)
      for (const { id, cluster, liveness, silentMs } of silences) {
        const next = livenessAfter(silentMs, liveness, { isHeld: freezes.isHeld(cluster) })
        if (next !== liveness) await setLiveness(master, id, next)
      }
      for (const node of fleet.nodes()) node.frozen = freezes.reason(node)
    },
  }

  function silenceOf({ id, cluster, admission, liveness, heardAtMs }: FleetNode, nowMs: number): Silence {
    const sinceMs = Math.max(heardAtMs ?? master.startedAtMs, deafAtMs)
    return { id, cluster, admission, liveness, silentMs: nowMs - sinceMs }
  }
}

function canHear({ readiness }: Master): boolean {
  try {
    readiness.demand('bus')
    return true
  } catch {
    return false
  }
}

/** Unless it reports while this is written. */
async function setLiveness({ logger, records, fleet }: Master, id: Node['id'], liveness: Node['liveness']) {
  const before = fleet.node(id)?.heardAtMs
  logger.warn({ node: id, liveness }, 'node is silent')
  await records.nodes.update(id, (node) =>
    node.liveness === liveness || fleet.node(id)?.heardAtMs !== before ? undefined : { ...node, liveness },
  )
}
