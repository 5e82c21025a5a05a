import type { Instance, InstanceId, Operation } from '@bramble/contracts'
import { succeed, wait } from './step.ts'
import type { Step } from './step.ts'

export interface DeleteFacts {
  instance: Instance | undefined
  /** Launches of it that have not ended: the instance may be accepted and not stored. */
  launches: readonly Operation[]
}

export function nextDeleteStep(id: InstanceId, { instance, launches }: DeleteFacts): Step {
  const uncancelled = launches.filter(({ cancelRequested }) => !cancelRequested).map((launch) => launch.id)
  if (uncancelled.length > 0) return { kind: 'cancelLaunches', launches: uncancelled }
  if (!instance) return launches.length > 0 ? wait('waiting for its launch to be cancelled') : succeed
  if (instance.status.phase === 'deleting') return wait('waiting for the node')
  return { kind: 'deleteInstance', instance: id }
}
