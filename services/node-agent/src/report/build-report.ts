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
import { isWanted, wantedBy } from '../wanted.ts'
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
  const wanted = wantedBy(desired)
  const told: ReportNode['instances'] = []
  for (const [id, record] of instances) {
    const observed = observedInstance(record, jobs.get(id), isWanted(wanted, record.instance))
    if (observed) told.push(observed)
  }
  for (const job of jobs.values()) {
    const { step } = job
    if (step.kind === 'allocate' && !instances.has(step.instance.id)) told.push(observedNew(step.instance, job))
  }
  return told
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
