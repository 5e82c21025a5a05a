import type { Instance, InstanceId } from '@bramble/contracts'
import { succeed, wait } from './step.ts'
import type { Step } from './step.ts'

export interface DeleteFacts {
  instance: Instance | undefined
  /** Its launch has not ended: the instance may be accepted and not stored. */
  isLaunching: boolean
}

export function nextDeleteStep(id: InstanceId, { instance, isLaunching }: DeleteFacts): Step {
  if (!instance) return isLaunching ? wait('waiting for its launch to be cancelled') : succeed
  if (instance.status.phase === 'deleting') return wait('waiting for the node')
  return { kind: 'deleteInstance', instance: id }
}
