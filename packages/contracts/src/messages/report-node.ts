import { z } from 'zod'
import { CaptureId, Digest, InstanceId, NodeId } from '../v1/ids.ts'
import { Incarnation } from '../v1/incarnation.ts'
import { InstancePhase, InstanceStatus } from '../v1/instance.ts'
import { Machine } from '../v1/machine.ts'
import { HostFacts, HostFree } from '../v1/node.ts'
import { Progress } from '../v1/operation.ts'
import { OverlayStats } from '../v1/overlay.ts'
import { Problem } from '../v1/problem.ts'
import { Timestamp } from '../v1/time.ts'
import { ReportNumber } from './report-number.ts'
import { Revision, RevisionConflict } from './revision.ts'

/** An instance as its node sees it. An expected failure is data here: `failed` with its problem. */
export const ObservedInstance = InstanceStatus.extend({
  id: InstanceId,
  phase: InstancePhase.exclude(['pending']),
  progress: Progress.optional(),
  incarnation: Incarnation.optional(),
}).meta({ id: 'ObservedInstance' })
export type ObservedInstance = z.infer<typeof ObservedInstance>

/** What a capture made: the manifest pushed to the master's repository `bases` or `overlays`. */
export const Captured = z
  .object({
    digest: Digest,
    baseDigest: Digest.optional(),
    machine: Machine,
    hasAgent: z.boolean(),
    sizeBytes: z.number().int(),
    diskBytes: z.number().int(),
    stats: OverlayStats.optional(),
    pauseMs: z.number().meta({ description: 'how long the guest stood still' }),
  })
  .meta({ id: 'Captured' })
export type Captured = z.infer<typeof Captured>

export const CaptureOutcome = z
  .discriminatedUnion('status', [
    z.object({ id: CaptureId, status: z.literal('running'), detail: z.string(), progress: Progress.optional() }),
    z.object({ id: CaptureId, status: z.literal('done'), captured: Captured }),
    z.object({ id: CaptureId, status: z.literal('failed'), problem: Problem }),
  ])
  .meta({ id: 'CaptureOutcome' })
export type CaptureOutcome = z.infer<typeof CaptureOutcome>

/** The complete observed state of a node and the revision that it obeys. */
export const ReportNode = z
  .object({
    type: z.literal('report.node.v1'),
    node: NodeId,
    at: Timestamp,
    ...ReportNumber.shape,
    obeys: Revision.optional().meta({ description: 'absent until the node has a desired document' }),
    conflict: RevisionConflict.optional().meta({ description: 'there until a later document came' }),
    troubles: z.array(z.string()).optional().meta({ description: 'what the agent cannot reach, or lately could not' }),
    host: HostFacts,
    free: HostFree,
    instances: z.array(ObservedInstance),
    captures: z.array(CaptureOutcome),
    cachedBases: z.array(Digest),
    cachedOverlays: z.array(Digest),
  })
  .meta({ id: 'ReportNode' })
export type ReportNode = z.infer<typeof ReportNode>
