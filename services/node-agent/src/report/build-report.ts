import type {
  CaptureId,
  CaptureOutcome,
  DesiredNode,
  HostFacts,
  HostFree,
  InstanceId,
  NodeId,
  ReportNode,
  RevisionConflict,
  Timestamp,
} from '@bramble/contracts'
import type { Job } from '../jobs.ts'
import type { CaptureRecord, Captures, Instances } from '../ledger/records.ts'
import { observedInstance, observedNew } from './observed-instance.ts'

export interface ReportInput {
  node: NodeId
  at: Timestamp
  host: HostFacts
  free: HostFree
  cached: { bases: ReportNode['cachedBases']; overlays: ReportNode['cachedOverlays'] }
  desired: DesiredNode | undefined
  conflict: RevisionConflict | undefined
  instances: Instances
  captures: Captures
  jobs: ReadonlyMap<string, Job>
}

/** The complete observed state of this node. Pure. */
export function buildReport(input: ReportInput): ReportNode {
  const { node, at, host, free, cached, desired, conflict } = input
  return {
    type: 'report.node.v1',
    node,
    at,
    ...(desired && { obeys: desired.revision }),
    ...(conflict && { conflict }),
    host,
    free,
    instances: reportInstances(input),
    captures: reportCaptures(input),
    cachedBases: cached.bases,
    cachedOverlays: cached.overlays,
  }
}

function reportInstances({ desired, instances, jobs }: ReportInput): ReportNode['instances'] {
  const wanted = desired && new Set<InstanceId>(desired.instances.map(({ id }) => id))
  const known = [...instances.values()].flatMap((record) => {
    const { id } = record.instance
    return observedInstance(record, jobs.get(id), wanted?.has(id) ?? true) ?? []
  })
  const fresh = [...jobs.values()].flatMap((job) =>
    job.step.kind === 'allocate' && !instances.has(job.step.instance.id) ? observedNew(job.step.instance, job) : [],
  )
  return [...known, ...fresh]
}

function reportCaptures({ captures, jobs }: ReportInput): CaptureOutcome[] {
  const running = new Map<CaptureId, Job>()
  for (const job of jobs.values()) if (job.step.kind === 'capture') running.set(job.step.capture.id, job)
  return [...captures.values()].flatMap((record) => outcomeOf(record, running.get(record.capture.id)) ?? [])
}

function outcomeOf({ capture: { id }, outcome }: CaptureRecord, job: Job | undefined): CaptureOutcome | undefined {
  if (outcome) return { id, ...outcome }
  if (!job) return undefined
  const { detail = 'starting', progress } = job
  return { id, status: 'running', detail, ...(progress && { progress }) }
}
