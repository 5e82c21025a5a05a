import type {
  CaptureId,
  CaptureOutcome,
  DesiredCapture,
  DesiredInstance,
  DesiredNode,
  Digest,
  HostFree,
  InstanceId,
} from '@bramble/contracts'
import type { ObservedInstance, ReportNumber, Revision, RevisionConflict, Timestamp } from '@bramble/contracts'
import type { References } from '../domain/desired-instance.ts'
import type { Room } from '../domain/room.ts'
import type { Accepted } from './fleet.ts'

/** What the last report of a node told; never stored. */
export interface Reported {
  heardAtMs: number
  heard: ReportNumber
  lastSeenAt: Timestamp
  /** Its clock less the master's; less by what the report was under way. */
  clockAheadMs: number
  obeys: Revision | undefined
  conflict: RevisionConflict | undefined
  troubles: string[] | undefined
  free: HostFree
  cached: ReadonlySet<Digest>
  cachedBases: Digest[]
  cachedOverlays: Digest[]
  told: readonly ObservedInstance[]
  /** The same by id. */
  observed: Map<InstanceId, ObservedInstance>
}

/** What a desired document says of an instance, and of which documents that was made. */
export interface MadeInstance {
  references: References
  /** Undefined when it starts from something that is not there. */
  wanted: DesiredInstance | undefined
}

/** An instance with its node. */
export interface Held {
  instance: Accepted
  /** Of the last desired document that was made, once the instance is stored; nothing that it was made of has changed. */
  made: MadeInstance | undefined
}

/** The newest desired document of a node. */
export interface Published {
  document: DesiredNode
  atMs: number
  /** It names instances that may run only for so long without the master. */
  isLeased: boolean
}

/** An instance that is to be started elsewhere: no document of its node names it any more. */
export interface Departure {
  sinceMs: number
  /** What its replacement waits for. */
  waits?: string
}

export interface FleetNode extends Room, Omit<Partial<Reported>, keyof Room | 'observed'> {
  /** Where other nodes take images from. */
  sharesAt?: string | undefined
  /** Why it is not counted lost, silent as it is. */
  frozen?: string | undefined
  reserved: { memoryBytes: number; cpus: number }
  ports: Map<string, string>
  instances: Map<InstanceId, Held>
  observed: Map<InstanceId, ObservedInstance>
  /** When all that its report told was looked at, new or not. */
  lookedAtMs?: number
  /** Instances held anew since its last report. */
  heldSince: Set<InstanceId>
  /** Captures that the desired document names, and what is known of each. */
  captures: Map<CaptureId, DesiredCapture>
  outcomes: Map<CaptureId, CaptureOutcome>
  published?: Published
  leaving: Map<InstanceId, Departure>
  /** Of an instance that is being deleted or leaves: the first desired document that does not name it. */
  withoutSince: Map<InstanceId, Revision>
  /** Of those, the ones that a report has confirmed. */
  gone: Set<InstanceId>
}
