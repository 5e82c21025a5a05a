import { deriveId, makeProblem } from '@bramble/contracts'
import type { Base, CaptureOutcome, Instance, Operation } from '@bramble/contracts'
import { cancel, fail, succeed, wait } from './step.ts'
import type { Step } from './step.ts'

export interface BaseFacts {
  base: Base | undefined
  /** The instance that boots the disk. */
  builder: Instance | undefined
  isCaptureWanted: boolean
  outcome: CaptureOutcome | undefined
}

/** A base of a disk: boot a builder, take it, remove the builder. Whatever fails, nothing of it stays. */
export function nextBaseStep(operation: Operation, facts: BaseFacts): Step {
  if (facts.base?.status === 'available') return facts.builder ? removeBuilder(facts.builder) : succeed
  if (operation.error || operation.cancelRequested) return undo(operation, facts)
  if (!facts.base) return { kind: 'storeArtifact' }
  if (!facts.builder) return { kind: 'storeBuilder' }
  return capture(operation, facts.builder, facts)
}

/** A base whose manifest was pushed. */
export function nextPushedStep(operation: Operation, artifact: { status: string } | undefined): Step {
  if (artifact) return succeed
  if (operation.error) return fail(operation.error)
  return operation.cancelRequested ? cancel : { kind: 'registerArtifact' }
}

function capture(operation: Operation, builder: Instance, { isCaptureWanted, outcome }: BaseFacts): Step {
  const { phase, detail, problem } = builder.status
  if (phase === 'deleting') return builderDeleted
  if (phase === 'failed') return keepFailure(problem ?? makeProblem('internal', 'The builder failed without a reason.'))
  if (phase !== 'running') return wait(`booting the disk: ${detail ?? phase}`)
  if (!isCaptureWanted) {
    const id = deriveId('capture', operation.id)
    return { kind: 'wantCapture', capture: { id, instance: builder.id, kind: 'base' } }
  }
  return afterCapture(outcome)
}

export function afterCapture(outcome: CaptureOutcome | undefined): Step {
  if (outcome?.status === 'done') return { kind: 'finishArtifact', captured: outcome.captured }
  if (outcome?.status === 'failed') return keepFailure(outcome.problem)
  return wait(outcome?.detail ?? 'waiting for the node to begin')
}

function undo(operation: Operation, { base, builder }: BaseFacts): Step {
  if (builder) return removeBuilder(builder)
  if (base) return { kind: 'removeArtifact' }
  return operation.error ? fail(operation.error) : cancel
}

const removeBuilder = ({ id, status }: Instance): Step =>
  status.phase === 'deleting' ? wait('removing the builder') : { kind: 'deleteInstance', instance: id }

export const keepFailure = (problem: Parameters<typeof fail>[0]): Step => ({ kind: 'keepFailure', problem })

const builderDeleted = keepFailure(makeProblem('wrong_state', 'The instance that boots the disk was deleted.'))
