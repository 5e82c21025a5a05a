// What a plan does with instances that may run only for so long without the master.
import { makeProblem } from '@bramble/contracts'
import type { DesiredInstance } from '@bramble/contracts'
import type { InstanceRecord } from '../ledger/records.ts'
import type { World } from '../observe.ts'
import type { Step } from '../step.ts'

type Limited = Pick<DesiredInstance, 'stopAfterSeconds'>

/** Negative once it may not run, and none may be started. */
const leftMs = ({ stopAfterSeconds }: Limited, silentMs: number): number =>
  stopAfterSeconds === undefined ? Infinity : stopAfterSeconds * 1000 - silentMs

export const isExpired = (instance: Limited, { silentMs }: Pick<World, 'silentMs'>): boolean =>
  leftMs(instance, silentMs) <= 0

/** Failed ones have ended, or are about to. */
export const mayRun = ({ state: { phase } }: InstanceRecord) => phase !== 'failed' && phase !== 'deleted'

/** When the next of them expires, from now; undefined when none will. */
export function nextExpiryMs({ instances, silentMs }: Pick<World, 'instances' | 'silentMs'>): number | undefined {
  let next = Infinity
  for (const record of instances.values()) {
    const left = mayRun(record) ? leftMs(record.instance, silentMs) : Infinity
    if (left > 0 && left < next) next = left
  }
  return next === Infinity ? undefined : next
}

/** A capture does not hold it up: it cannot be ended early, and may take minutes. */
export function planExpired(record: InstanceRecord, { jobs }: Pick<World, 'jobs'>): Step[] {
  const { id, name, stopAfterSeconds } = record.instance
  const job = jobs.get(id)
  if (!mayRun(record) || (job && job.step.kind !== 'capture')) return []
  const detail = `${name} was stopped: its node had been without the master for ${stopAfterSeconds} s.`
  return [{ kind: 'stop', id, problem: makeProblem('lost_master', detail) }]
}
