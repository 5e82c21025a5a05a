// Turns what was accepted into documents, and ends operations when the nodes have done their part. Each operation is
// taken as far as it goes now; a report or a request that changes something about it brings it back here.
import { isRetryable, ProblemError, toProblem } from '@bramble/kit'
import type { TaskDefinition } from '@bramble/kit'
import type { Operation, OperationId } from '@bramble/contracts'
import type { Master } from '../master.ts'
import { nextStep } from './next-step.ts'
import { createRetries } from './retries.ts'
import { keepFailure, takeStep } from './take-step.ts'

/** More steps in one go than any operation has: a step that changes nothing must not go round for ever. */
const maxSteps = 16

export function carryOutOperations(master: Master): TaskDefinition {
  const { work, records, clock, logger } = master
  const retries = createRetries<OperationId>(clock, work.operations.add)

  const tryOne = async (id: OperationId) => {
    try {
      await carryOut(master, id)
      retries.worked(id)
    } catch (error) {
      const isNews = retries.failed(id, error)
      if (isNews) logger.warn({ operationId: id, err: error }, 'operation is held up, will be tried again')
    }
  }

  return {
    name: 'carry-out-operations',
    periodMs: 30_000,
    // Never fails: one operation that is held up would delay all the others.
    run: async (stopping) => {
      stopping.addEventListener('abort', retries.stop, { once: true })
      const isSweep = work.operations.isEmpty()
      const ids = isSweep ? [...records.operations.values()].map(({ id }) => id) : work.operations.take()
      await Promise.all(ids.map(tryOne))
    },
  }
}

/** @throws what may pass by itself, and bugs: the operation is tried again */
async function carryOut(master: Master, id: OperationId): Promise<void> {
  for (let steps = 0; steps < maxSteps; steps += 1) {
    const operation = master.records.operations.get(id)
    if (!operation) return
    const step = nextStep(master, operation)
    if (step.kind === 'wait') return noteWaiting(master, operation, step.phase)
    await takeStep(master, operation, step).catch((error: unknown) => giveUp(master, operation, error))
  }
  throw new Error(`operation ${id} takes steps without getting anywhere`)
}

/** Of a replacement people want to know; others wait for what reports tell. */
function noteWaiting({ fleet }: Master, { intent }: Operation, phase: string): void {
  if (intent.kind !== 'instance.replace') return
  const departure = fleet.node(intent.node)?.leaving.get(intent.instance)
  if (departure) departure.waits = phase
}

/** A failure with a code of its own ends the operation once everything is undone. */
async function giveUp(master: Master, operation: Operation, error: unknown): Promise<void> {
  if (!(error instanceof ProblemError) || isRetryable(error) || operation.error) throw error
  await keepFailure(master, operation, toProblem(error, operation.requestId))
}
