import type { InstanceId, NodeId, OperationId, ShownDescription } from '@bramble/contracts'
import type { Bus, Clock, Logger } from '@bramble/kit'
import type { AgentClient } from './agent/agent-client.ts'
import type { PushedArtifacts } from './app/pushed-artifacts.ts'
import type { MasterConfig } from './config.ts'
import type { ChosenPolicies } from './domain/chosen-policies.ts'
import type { EventLog } from './events/event-log.ts'
import type { Fleet } from './fleet/fleet.ts'
import type { InTurn } from './join/in-turn.ts'
import type { Joining } from './join/joining.ts'
import type { RefusedNodes } from './join/refused-nodes.ts'
import type { OpenOperations } from './records/open-operations.ts'
import type { Readiness } from './readiness/readiness.ts'
import type { Records } from './records/records.ts'
import type { Sightings } from './sightings.ts'
import type { Store } from './store/store.ts'
import type { Work } from './work.ts'

/** What verbs, tasks and receivers of messages work with. */
export interface Master {
  config: MasterConfig
  clock: Clock
  /** By the monotonic clock: before that it can have heard nobody. */
  startedAtMs: number
  logger: Logger
  store: Store
  bus: Bus
  readiness: Pick<Readiness, 'demand'>
  artifacts: PushedArtifacts
  agents: AgentClient
  /** Absent where no other hosts can join. */
  joining?: Joining | undefined
  /** Acts about one node or one invitation that must not meet. */
  inTurn: InTurn
  records: Records
  fleet: Fleet
  refusedNodes: RefusedNodes
  sightings: Sightings
  events: EventLog
  /** How instances are placed, as descriptions and settings chose. */
  policies: () => ChosenPolicies
  /** Why the file that the master follows is not applied; undefined when it is, or there is none. */
  refusedFile: { now?: RefusedFile | undefined }
  operations: OpenOperations
  /** What the tasks go through. */
  work: {
    /** Operations that may be able to take their next step. */
    operations: Work<OperationId>
    /** Nodes whose desired document is no longer right. */
    nodes: Work<NodeId>
    /** Instances whose node told something that is to be stored. */
    observed: Work<InstanceId>
    /** Nodes that others are to refuse, or no longer. */
    refused: Work<NodeId>
    /** Retired nodes from which not all is taken yet. */
    retired: Work<NodeId>
  }
}

/** A description that is not applied, with everything that is wrong in it. */
export type RefusedFile = NonNullable<ShownDescription['refused']>

/** On whose behalf a verb acts. */
export interface Caller {
  tokenId: string
  requestId: string
  /** The id for the operation, where it was chosen before (Idempotency-Key). */
  operationId?: OperationId | undefined
}
