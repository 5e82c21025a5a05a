import type { Limits, World } from './observe.ts'
import { keyOf } from './step.ts'
import type { Step } from './step.ts'

/** Steps that cost the host, and the limit that they share. */
const limitOf: Partial<Record<Step['kind'], keyof Limits>> = {
  allocate: 'starts',
  start: 'starts',
  delete: 'deletes',
  release: 'deletes',
  clear: 'deletes',
  destroyOrphan: 'deletes',
  capture: 'captures',
}

/** Of steps in order of urgency, those whose subject nothing else works on, within the limits. */
export function safeNow({ jobs, limits }: Pick<World, 'jobs' | 'limits'>, steps: readonly Step[]): Step[] {
  const taken = new Set(jobs.keys())
  const free = { ...limits }
  const take = ({ kind }: Step) => {
    const limit = limitOf[kind]
    if (limit) free[limit] -= 1
  }
  for (const { step } of jobs.values()) take(step)

  return steps.filter((step) => {
    const key = keyOf(step)
    const limit = limitOf[step.kind]
    if (taken.has(key) || (limit && free[limit] <= 0)) return false
    taken.add(key)
    take(step)
    return true
  })
}
