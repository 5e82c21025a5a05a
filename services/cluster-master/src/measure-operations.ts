import { isTerminal, Operation, Timings } from '@bramble/contracts'
import { msBetween } from '@bramble/kit'
import type { Metrics } from '@bramble/kit'

/** `fetch` of `fetchMs`. */
const stageOf = (field: string): string => field.replace(/Ms$/, '')
const stages = Object.keys(Timings.shape).map(stageOf)
const kinds = Operation.shape.kind.options
const ends = Operation.shape.status.options.filter(isTerminal)

/** Told of every operation that ended: how many there are, and where the time of launches went. */
export function measureOperations(metrics: Pick<Metrics, 'count' | 'measureDurations'>): (ended: Operation) => void {
  const count = metrics.count({
    name: 'bramble_operations_ended_total',
    help: 'Operations that ended since the start, by kind and how they ended',
    labels: { kind: kinds, status: ends },
  })
  const took = metrics.measureDurations({
    name: 'bramble_launch_duration_seconds',
    help: 'Launches that succeeded, from the request to the first bytes from the guest',
    label: 'kind',
    values: ['instance.launch'],
  })
  const tookStage = metrics.measureDurations({
    name: 'bramble_launch_stage_duration_seconds',
    help: 'Where the time of launches went on the node, by stage (total: all of it)',
    label: 'stage',
    values: stages,
  })
  return ({ kind, status, createdAt, endedAt, timings = {} }) => {
    count({ kind, status })
    if (kind !== 'instance.launch' || status !== 'succeeded') return
    if (endedAt) took(kind, msBetween(createdAt, endedAt))
    for (const [field, ms] of Object.entries(timings)) tookStage(stageOf(field), ms)
  }
}
