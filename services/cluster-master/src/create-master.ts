import { isSameIncarnation, isTerminal } from '@bramble/contracts'
import type { Instance, Operation } from '@bramble/contracts'
import { createAgentClient } from './agent/agent-client.ts'
import type { AgentTrust } from './agent/agent-client.ts'
import { chosenPolicies } from './domain/chosen-policies.ts'
import type { ChosenPolicies } from './domain/chosen-policies.ts'
import { createEventLog } from './events/event-log.ts'
import { createFleet } from './fleet/fleet.ts'
import { noteDeparture } from './fleet/note-departure.ts'
import { createInTurn } from './join/in-turn.ts'
import { createRefusedNodes } from './join/refused-nodes.ts'
import type { Master } from './master.ts'
import { createOpenOperations } from './records/open-operations.ts'
import { createRecords, loadRecords } from './records/records.ts'
import { createSightings } from './sightings.ts'
import { createWork } from './work.ts'

export interface MasterParts extends Pick<
  Master,
  'config' | 'clock' | 'logger' | 'store' | 'bus' | 'readiness' | 'artifacts' | 'joining'
> {
  agentTrust: AgentTrust
  /** Called with every write. */
  written: () => void
  /** Told of every operation that ended. */
  ended?: (operation: Operation) => void
}

/** The master as it was left: everything that is derived is derived again from what is stored. */
export async function createMaster({ agentTrust, written, ended, ...parts }: MasterParts): Promise<Master> {
  const { clock } = parts
  const startedAtMs = clock.monotonicMs()
  const fleet = createFleet()
  const operations = createOpenOperations()
  const refusedNodes = createRefusedNodes()
  const work: Master['work'] = {
    operations: createWork(),
    nodes: createWork(),
    observed: createWork(),
    retired: createWork(),
    refused: createWork(),
  }
  let policies: ChosenPolicies | undefined
  const records = createRecords(parts.store, {
    written,
    nodes: (before, node) => {
      if (node) fleet.nodeChanged(node)
      if (refusedNodes.changed(before, node)) work.refused.add((node ?? before)!.id)
    },
    declarations: () => void (policies = undefined),
    operations: (before, after) => {
      operations.changed(before, after)
      if (before && !isTerminal(before.status) && after && isTerminal(after.status)) ended?.(after)
      const left = after && noteDeparture({ records, fleet, clock }, after)
      if (left) work.nodes.add(left)
    },
    instances: (before, after) => {
      if (after) fleet.hold(after)
      else if (before) fleet.release(before.id)
      if (before && after && !isSameIncarnation(before, after)) fleet.left(before)
      if (changesDesired(before, after)) for (const node of nodesOf(before, after)) work.nodes.add(node)
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
  return {
    ...parts,
    startedAtMs,
    agents,
    inTurn: createInTurn(),
    records,
    fleet,
    refusedNodes,
    policies: () => (policies ??= chosenPolicies(records.declarations.values(), parts.config.placement.policy)),
    refusedFile: {},
    sightings: createSightings(clock),
    events,
    operations,
    work,
  }
}

/** A node is told which instances are to exist; how they are doing it knows itself. */
const changesDesired = (before: Instance | undefined, after: Instance | undefined) =>
  !before ||
  !after ||
  !isSameIncarnation(before, after) ||
  (after.status.phase === 'deleting') !== (before.status.phase === 'deleting')

const nodesOf = (...instances: (Instance | undefined)[]) => instances.flatMap((instance) => instance?.node ?? [])

/** Instances that were accepted and not stored before the restart take their room again. */
function holdUnstored({ records, fleet }: Pick<Master, 'records' | 'fleet'>): void {
  for (const { intent } of records.operations.values()) {
    if (intent.kind !== 'instance.launch' || records.instances.get(intent.instance.id)) continue
    fleet.hold(intent.instance)
  }
}
