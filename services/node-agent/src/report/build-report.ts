import { isSameIncarnation } from '@bramble/contracts'
import type {
  CaptureId,
  CaptureOutcome,
  DesiredNode,
  HostFacts,
  HostFree,
  NodeId,
  ReportNode,
  ReportNumber,
  RevisionConflict,
  Timestamp,
} from '@bramble/contracts'
import type { Job } from '../jobs.ts'
import type { CaptureRecord, Captures, Instances } from '../ledger/records.ts'
import { observedInstance, observedNew } from './observed-instance.ts'

export interface ReportInput {
  node: NodeId
  at: Timestamp
  number: ReportNumber
  host: HostFacts
  free: HostFree
  cached: { bases: ReportNode['cachedBases']; overlays: ReportNode['cachedOverlays'] }
  desired: DesiredNode | undefined
  conflict: RevisionConflict | undefined
  troubles: string[]
  instances: Instances
  captures: Captures
  jobs: ReadonlyMap<string, Job>
}

/** The complete observed state of this node. Pure. */
export function buildReport(input: ReportInput): ReportNode {
  const { node, at, number, host, free, cached, desired, conflict, troubles } = input
  return {
    type: 'report.node.v1',
    node,
    at,
    ...number,
    ...(desired && { obeys: desired.revision }),
    ...(conflict && { conflict }),
    ...(troubles.length > 0 && { troubles }),
    host,
    free,
    instances: reportInstances(input),
    captures: reportCaptures(input),
    cachedBases: cached.bases,
    cachedOverlays: cached.overlays,
  }
}

function reportInstances({ desired, instances, jobs }: ReportInput): ReportNode['instances'] {
  const wanted = desired && new Map(desired.instances.map((instance) => [instance.id, instance]))
  const known = [...instances.values()].flatMap((record) => {
    const { id } = record.instance
    const now = wanted?.get(id)
    const isWanted = !wanted || (now !== undefined && isSameIncarnation(now, record.instance))
    return observedInstance(record, jobs.get(id), isWanted) ?? []
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
