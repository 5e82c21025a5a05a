import type {
  CaptureId,
  CaptureOutcome,
  DesiredCapture,
  DesiredNode,
  Digest,
  HostFree,
  InstanceId,
} from '@bramble/contracts'
import type { ObservedInstance, Revision, RevisionConflict, Timestamp } from '@bramble/contracts'
import type { Room } from '../domain/room.ts'
import type { Accepted } from './fleet.ts'

/** What the last report of a node told; never stored. */
export interface Reported {
  heardAtMs: number
  lastSeenAt: Timestamp
  obeys: Revision | undefined
  conflict: RevisionConflict | undefined
  troubles: string[] | undefined
  free: HostFree
  cached: Set<Digest>
  cachedBases: Digest[]
  cachedOverlays: Digest[]
  observed: Map<InstanceId, ObservedInstance>
}

/** The newest desired document of a node. */
export interface Published {
  document: DesiredNode
  atMs: number
}

export interface FleetNode extends Room, Omit<Partial<Reported>, keyof Room | 'observed'> {
  reserved: { memoryBytes: number; cpus: number }
  ports: Map<string, string>
  instances: Map<InstanceId, Accepted>
  observed: Map<InstanceId, ObservedInstance>
  /** Captures that the desired document names, and what is known of each. */
  captures: Map<CaptureId, DesiredCapture>
  outcomes: Map<CaptureId, CaptureOutcome>
  published?: Published
  /** Of an instance that is being deleted: the first desired document that does not name it. */
  withoutSince: Map<InstanceId, Revision>
  /** Of those, the ones that a report has confirmed. */
  gone: Set<InstanceId>
}
