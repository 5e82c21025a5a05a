import type { DesiredInstance, ObservedInstance, Problem } from '@bramble/contracts'
import { slotOf } from '../ledger/records.ts'
import type { InstanceRecord, InstanceState } from '../ledger/records.ts'
import type { Job } from '../jobs.ts'

type Doing = Pick<Job, 'step' | 'detail' | 'progress'> | undefined

const phaseOf: Record<InstanceState['phase'], ObservedInstance['phase']> = {
  allocated: 'preparing',
  started: 'starting',
  ready: 'running',
  failed: 'failed',
  deleted: 'deleting',
}

const settled = new WeakMap<InstanceRecord, ObservedInstance>()

/**
 * An instance as the master is told of it; undefined once it is gone. Without anything under way it is the same object
 * each time: a report that is sent again costs what is new in it.
 */
export function observedInstance(record: InstanceRecord, job: Doing, isWanted: boolean): ObservedInstance | undefined {
  if (job || !isWanted) return describe(record, job, isWanted)
  const known = settled.get(record)
  if (known) return known
  const observed = describe(record, undefined, true)
  if (observed) settled.set(record, observed)
  return observed
}

function describe(record: InstanceRecord, job: Doing, isWanted: boolean): ObservedInstance | undefined {
  const { state, instance } = record
  if (state.phase === 'deleted') return undefined
  const slot = slotOf(record)
  return {
    ...namesOf(instance),
    phase: isWanted ? phaseOf[state.phase] : 'deleting',
    ...doing(job),
    forwards: slot?.forwards ?? [],
    ...(slot && { domainUuid: slot.domainUuid }),
    ...storyOf(state),
  }
}

/** One that has no record yet: whether it fits is being checked. */
export const observedNew = (instance: DesiredInstance, job: Doing): ObservedInstance => ({
  ...namesOf(instance),
  phase: 'preparing',
  ...doing(job),
  forwards: [],
})

const namesOf = ({ id, incarnation }: DesiredInstance) => ({ id, ...(incarnation !== undefined && { incarnation }) })

const doing = (job: Doing): Pick<ObservedInstance, 'detail' | 'progress'> => ({
  ...(job?.detail !== undefined && { detail: job.detail }),
  ...(job?.progress && { progress: job.progress }),
})

type Story = Pick<ObservedInstance, 'startedAt' | 'readyAt' | 'clock' | 'timings'> & { problem?: Problem }

function storyOf(state: InstanceState): Story {
  switch (state.phase) {
    case 'started':
      return { startedAt: state.startedAt, timings: state.timings }
    case 'ready':
      return { startedAt: state.startedAt, readyAt: state.readyAt, clock: state.clock, timings: state.timings }
    case 'failed':
      return { ...(state.startedAt && { startedAt: state.startedAt }), problem: state.problem }
    default:
      return {}
  }
}
