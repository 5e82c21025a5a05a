import type { AgentContext } from '../context.ts'
import { crashPoint } from '../crash-points.ts'
import { addFact } from '../facts/add-fact.ts'
import { stateIn } from '../ledger/records.ts'
import type { InstanceState } from '../ledger/records.ts'
import type { Job } from '../jobs.ts'
import type { StepOf } from '../step.ts'
import { failInstance } from './fail-instance.ts'
import { isAway } from './is-away.ts'

export async function startSlot({ id }: StepOf<'start'>, context: AgentContext, job: Job): Promise<void> {
  const { ledger, driver, clock, adopted, node } = context
  const record = ledger.instances().get(id)!
  const { slot } = stateIn(record, 'allocated')
  const beganMs = clock.monotonicMs()
  let state: InstanceState
  try {
    const { timings } = await driver.start({ instance: record.instance, slot }, job.show, job.signal)
    const totalMs = clock.monotonicMs() - beganMs
    state = { phase: 'started', slot, startedAt: clock.now(), timings: { ...timings, totalMs } }
  } catch (error) {
    // Ended early: it is either started again or removed, as the next plan finds it wanted or not.
    if (job.isAborted) return
    if (isAway(error)) throw error
    return failInstance(id, error, context)
  }
  crashPoint('agent.launch.domainRuns')
  await ledger.updateInstance(id, (now) => now && addFact({ ...now, state }, 'started', { node, at: clock.now() }))
  adopted.add(slot.id)
  crashPoint('agent.launch.startWritten')
}
