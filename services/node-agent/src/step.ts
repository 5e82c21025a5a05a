import type { CaptureId, DesiredCapture, DesiredInstance, InstanceId, Problem } from '@bramble/contracts'
import type { Domain } from './drivers/driver.ts'

/** One thing to do next. Each is safe to do again after a crash half-way. */
export type Step =
  /** Ends the job that stands in the way of a deletion or a stop. */
  | { kind: 'abort'; id: InstanceId }
  /** Ends a VM that may not run any longer; a capture of it is no hindrance. */
  | { kind: 'stop'; id: InstanceId; problem: Problem }
  /** Removes an instance that is no longer wanted, and its slot. */
  | { kind: 'delete'; id: InstanceId }
  /** Drops the record of a deleted instance. */
  | { kind: 'forget'; id: InstanceId }
  /** Removes what a failed instance left on the host. */
  | { kind: 'release'; id: InstanceId }
  /** Takes over a VM that an earlier agent process started. */
  | { kind: 'adopt'; id: InstanceId }
  | { kind: 'fail'; id: InstanceId; problem: Problem }
  /** Removes a domain that never ran, so that its slot can be started again. */
  | { kind: 'clear'; id: InstanceId }
  /** Checks that the instance fits and gives it a slot. */
  | { kind: 'allocate'; instance: DesiredInstance }
  | { kind: 'start'; id: InstanceId }
  /** Sets the guest's clock and waits until it answers its probe. */
  | { kind: 'awaitReady'; id: InstanceId }
  | { kind: 'capture'; capture: DesiredCapture }
  | { kind: 'failCapture'; capture: DesiredCapture; problem: Problem }
  | { kind: 'forgetCapture'; id: CaptureId }
  /** Removes a domain of ours that the ledger does not know. */
  | { kind: 'destroyOrphan'; domain: Domain }

/** Every step but `abort`, which ends a job in place of being one. */
export type JobStep = Exclude<Step, { kind: 'abort' }>
export type StepOf<K extends Step['kind']> = Extract<Step, { kind: K }>

/** What a step works on: no two steps with the same key run at a time. A capture holds its instance. */
export function keyOf(step: Step): string {
  switch (step.kind) {
    case 'allocate':
      return step.instance.id
    case 'capture':
      return step.capture.instance
    case 'failCapture':
      return step.capture.id
    case 'destroyOrphan':
      return step.domain.slotId
    case 'stop':
      return `stop ${step.id}`
    default:
      return step.id
  }
}
