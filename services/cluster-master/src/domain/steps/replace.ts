import { isSameIncarnation, makeProblem } from '@bramble/contracts'
import type { Instance, NodeId, Operation } from '@bramble/contracts'
import { cancel, fail, succeed, wait } from './step.ts'
import type { Step } from './step.ts'

export type Fit = { kind: 'fits'; node: NodeId } | { kind: 'refused'; why: string }

export interface ReplaceFacts {
  instance: Instance | undefined
  /** Its old VM cannot run any more. */
  isReleased: boolean
  /** Where it fits now. */
  fit: () => Fit
}

/** The same instance on another node, once its old VM cannot run any more; where it fits nowhere it waits. */
export function nextReplaceStep({ intent }: Operation, { instance, isReleased, fit }: ReplaceFacts): Step {
  if (!instance || instance.status.phase === 'deleting') return cancel
  if (intent.kind === 'instance.replace' && isSameIncarnation(instance, intent)) {
    if (!isReleased) return wait(`waiting until its VM on ${instance.node} cannot run any more`)
    const found = fit()
    return found.kind === 'fits' ? { kind: 'moveInstance', node: found.node } : wait(`fits nowhere now: ${found.why}`)
  }
  const { phase, detail, problem } = instance.status
  if (phase === 'running') return succeed
  if (phase === 'failed') return fail(problem ?? makeProblem('internal', `${instance.name} failed without a reason.`))
  return wait(detail ?? phase)
}
