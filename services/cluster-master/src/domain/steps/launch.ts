import { makeProblem } from '@bramble/contracts'
import type { Instance, Operation } from '@bramble/contracts'
import { cancel, fail, succeed, wait } from './step.ts'
import type { Step } from './step.ts'

/** A failed instance stays, so that its console can be read; it is deleted like any other. */
export function nextLaunchStep(operation: Operation, instance: Instance | undefined): Step {
  const ended = operation.error ? fail(operation.error) : cancel
  const isUndone = operation.cancelRequested || operation.error !== undefined
  if (!instance) return isUndone ? ended : { kind: 'storeInstance' }
  const { phase, detail, problem } = instance.status
  if (phase === 'deleting') return wait('removing the instance')
  if (isUndone) return { kind: 'deleteInstance', instance: instance.id }
  if (phase === 'running') return succeed
  if (phase === 'failed') return fail(problem ?? makeProblem('internal', `${instance.name} failed without a reason.`))
  return wait(detail ?? phase)
}
