import type { InstanceId, Operation, Problem } from '@bramble/contracts'
import { requestCancel } from '../app/cancel-operation.ts'
import { dropCapture, settleOperation } from '../app/settle-operation.ts'
import { crashPoint } from '../crash-points.ts'
import type { Step } from '../domain/steps/step.ts'
import type { Master } from '../master.ts'
import { artifactSteps } from './artifact-steps.ts'
import { moveInstance, tellReplaced } from './move-instance.ts'
import { storeBuilder, storeInstance } from './store-instance.ts'

type TakenStep = Exclude<Step, { kind: 'wait' }>

/** Does one step. Every one may be done again after a crash. @throws a ProblemError when the operation cannot succeed */
export async function takeStep(master: Master, operation: Operation, step: TakenStep): Promise<void> {
  switch (step.kind) {
    case 'storeInstance':
      return storeInstance(master, operation)
    case 'storeBuilder':
      return storeBuilder(master, operation)
    case 'cancelLaunches':
      await Promise.all(step.launches.map((launch) => requestCancel(master, launch)))
      return
    case 'deleteInstance':
      return markForDeletion(master, step.instance)
    case 'moveInstance':
      return moveInstance(master, operation, step.node)
    case 'wantCapture': {
      const node = master.fleet.wantCapture(step.capture)
      if (node) master.work.nodes.add(node)
      return
    }
    case 'keepFailure':
      return keepFailure(master, operation, step.problem)
    case 'settle':
      await tellReplaced(master, operation)
      return settleOperation(master, operation, step.outcome)
    case 'storeArtifact':
    case 'registerArtifact':
    case 'finishArtifact':
    case 'removeArtifact':
      return artifactSteps[operation.kind === 'base.create' ? 'base' : 'overlay'](master, operation, step)
  }
}

async function markForDeletion(master: Master, id: InstanceId): Promise<void> {
  await master.records.instances.update(id, (instance) => ({
    ...instance,
    status: { ...instance.status, phase: 'deleting' },
  }))
  crashPoint('delete.instanceMarked')
}

export async function keepFailure(master: Master, operation: Operation, problem: Problem): Promise<void> {
  dropCapture(master, operation)
  await master.records.operations.update(operation.id, (current) =>
    current.error ? undefined : { ...current, error: problem, phase: 'undoing' },
  )
}
