import { deriveId, makeProblem } from '@bramble/contracts'
import type { CaptureOutcome, Instance, Operation, Overlay } from '@bramble/contracts'
import { afterCapture, keepFailure } from './base.ts'
import { cancel, fail, succeed } from './step.ts'
import type { Step } from './step.ts'

export interface OverlayFacts {
  overlay: Overlay | undefined
  instance: Instance | undefined
  isCaptureWanted: boolean
  outcome: CaptureOutcome | undefined
}

/** An overlay of a running instance, which runs on. */
export function nextOverlayStep(operation: Operation, facts: OverlayFacts): Step {
  const { overlay, instance } = facts
  if (overlay?.status === 'available') return succeed
  if (operation.error || operation.cancelRequested) return undo(operation, overlay)
  if (instance?.status.phase !== 'running') return keepFailure(makeProblem('wrong_state', 'The instance runs no more.'))
  if (!overlay) return { kind: 'storeArtifact' }
  if (facts.isCaptureWanted) return afterCapture(facts.outcome)
  const id = deriveId('capture', operation.id)
  return { kind: 'wantCapture', capture: { id, instance: instance.id, kind: 'overlay' } }
}

function undo(operation: Operation, overlay: Overlay | undefined): Step {
  if (overlay) return { kind: 'removeArtifact' }
  return operation.error ? fail(operation.error) : cancel
}
