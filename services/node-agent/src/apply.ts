import { adoptInstance } from './acts/adopt-instance.ts'
import { allocateSlot } from './acts/allocate-slot.ts'
import { awaitReady } from './acts/await-ready.ts'
import { deleteInstance, forgetInstance } from './acts/delete-instance.ts'
import { destroyOrphan } from './acts/destroy-orphan.ts'
import { failCapture, forgetCapture, takeCapture } from './acts/take-capture.ts'
import { failInstance } from './acts/fail-instance.ts'
import { clearSlot, releaseSlot } from './acts/release-slot.ts'
import { startSlot } from './acts/start-slot.ts'
import { stopInstance } from './acts/stop-instance.ts'
import type { AgentContext } from './context.ts'
import type { Job } from './jobs.ts'
import type { JobStep, Step, StepOf } from './step.ts'

type Act<S extends Step> = (step: S, context: AgentContext, job: Job) => Promise<void>

const acts: { [K in JobStep['kind']]: Act<StepOf<K>> } = {
  stop: stopInstance,
  delete: deleteInstance,
  forget: forgetInstance,
  release: releaseSlot,
  adopt: adoptInstance,
  fail: ({ id, problem }, context) => failInstance(id, problem, context),
  clear: clearSlot,
  allocate: allocateSlot,
  start: startSlot,
  awaitReady,
  capture: takeCapture,
  failCapture,
  forgetCapture,
  destroyOrphan,
}

export const apply = (step: JobStep, context: AgentContext, job: Job): Promise<void> =>
  (acts[step.kind] as Act<JobStep>)(step, context, job)
