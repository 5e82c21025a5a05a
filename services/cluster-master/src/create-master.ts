import type { Instance } from '@bramble/contracts'
import { createAgentClient } from './agent/agent-client.ts'
import type { AgentTrust } from './agent/agent-client.ts'
import { createEventLog } from './events/event-log.ts'
import { createFleet } from './fleet/fleet.ts'
import { createInTurn } from './join/in-turn.ts'
import { createRefusedNodes } from './join/refused-nodes.ts'
import type { Master } from './master.ts'
import { createOpenOperations } from './records/open-operations.ts'
import { createRecords, loadRecords } from './records/records.ts'
import { createWork } from './work.ts'

export interface MasterParts extends Pick<
  Master,
  'config' | 'clock' | 'logger' | 'store' | 'bus' | 'readiness' | 'artifacts' | 'joining'
> {
  agentTrust: AgentTrust
  /** Called with every write. */
  written: () => void
}

/** The master as it was left: everything that is derived is derived again from what is stored. */
export async function createMaster({ agentTrust, written, ...parts }: MasterParts): Promise<Master> {
  const fleet = createFleet()
  const operations = createOpenOperations()
  const refusedNodes = createRefusedNodes()
  const work: Master['work'] = {
    operations: createWork(),
    nodes: createWork(),
    observed: createWork(),
    retired: createWork(),
  }
  const records = createRecords(parts.store, {
    written,
    nodes: (before, node) => {
      if (node) fleet.nodeChanged(node)
      if (refusedNodes.changed(before, node)) for (const { id } of fleet.nodes()) work.nodes.add(id)
    },
    operations: operations.changed,
    instances: (before, after) => {
      if (after) fleet.hold(after)
      else if (before) fleet.release(before.id)
      if (changesDesired(before, after)) work.nodes.add((after ?? before)!.node)
    },
  })
  await loadRecords(records)
  holdUnstored({ records, fleet })
  for (const { id } of records.operations.values()) work.operations.add(id)
  for (const { id, admission } of records.nodes.values()) {
    work.nodes.add(id)
    if (admission === 'retired') work.retired.add(id)
  }
  const events = createEventLog(parts.store, parts.config.events.keep)
  const agents = createAgentClient(agentTrust)
  return { ...parts, agents, inTurn: createInTurn(), records, fleet, refusedNodes, events, operations, work }
}

/** A node is told which instances are to exist; how they are doing it knows itself. */
const changesDesired = (before: Instance | undefined, after: Instance | undefined) =>
  !before || !after || (after.status.phase === 'deleting') !== (before.status.phase === 'deleting')

/** Instances that were accepted and not stored before the restart take their room again. */
function holdUnstored({ records, fleet }: Pick<Master, 'records' | 'fleet'>): void {
  for (const { intent } of records.operations.values()) {
    if (intent.kind !== 'instance.launch' || records.instances.get(intent.instance.id)) continue
    fleet.hold(intent.instance)
  }
}
