import { compareRevisions } from '@bramble/contracts'
import type { InstanceStatus, ObservedInstance, Revision } from '@bramble/contracts'

/** Whether a report tells something of an instance that must survive a restart of the master. */
export function isWorthStoring(observed: ObservedInstance, stored: InstanceStatus): boolean {
  if (stored.phase === 'deleting') return false
  if (observed.phase !== 'running' && observed.phase !== 'failed') return false
  return (
    observed.phase !== stored.phase ||
    observed.domainUuid !== stored.domainUuid ||
    observed.readyAt !== stored.readyAt ||
    observed.problem?.detail !== stored.problem?.detail ||
    observed.forwards.length !== stored.forwards.length ||
    observed.forwards.some(({ hostPort }, at) => hostPort !== stored.forwards[at]?.hostPort)
  )
}

/** A report means that an instance is gone when it obeys a document without it and does not show it. */
export const isGone = (
  report: { obeys?: Revision | undefined; isShown: boolean },
  withoutSince: Revision | undefined,
): boolean => !report.isShown && !!report.obeys && !!withoutSince && compareRevisions(report.obeys, withoutSince) >= 0
