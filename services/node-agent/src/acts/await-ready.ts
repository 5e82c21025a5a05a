import type { DesiredInstance } from '@bramble/contracts'
import { laterOf } from '@bramble/kit'
import type { AgentContext } from '../context.ts'
import { crashPoint } from '../crash-points.ts'
import type { Driver, Slot } from '../drivers/driver.ts'
import { addFact } from '../facts/add-fact.ts'
import type { Job } from '../jobs.ts'
import { stateIn } from '../ledger/records.ts'
import type { InstanceState } from '../ledger/records.ts'
import type { StepOf } from '../step.ts'
import { failInstance } from './fail-instance.ts'
import { isAway } from './is-away.ts'

export async function awaitReady({ id }: StepOf<'awaitReady'>, context: AgentContext, job: Job): Promise<void> {
  const { ledger, clock, node } = context
  const record = ledger.instances().get(id)!
  const started = stateIn(record, 'started')
  const beganMs = clock.monotonicMs()
  let state: InstanceState
  try {
    const set = await makeReady({ instance: record.instance, slot: started.slot }, context.driver, job)
    const readyMs = clock.monotonicMs() - beganMs
    const timings = { ...started.timings, readyMs, totalMs: (started.timings.totalMs ?? 0) + readyMs }
    const readyAt = laterOf(started.startedAt, clock.now())
    state = { ...started, phase: 'ready', readyAt, clock: set, timings }
  } catch (error) {
    if (job.isAborted) return
    if (isAway(error)) throw error
    return failInstance(id, error, context)
  }
  crashPoint('agent.launch.guestAnswered')
  await ledger.updateInstance(id, (now) => now && addFact({ ...now, state }, 'ready', { node, at: clock.now() }))
  crashPoint('agent.launch.readyWritten')
}

/**
 * A guest resumed from memory still has the time of its capture, which its service must not see: it is set before the
 * probe. One that boots reads the host's clock by itself, and its agent answers no earlier than its probe. An agent that
 * is known to be absent is not waited for.
 */
async function makeReady({ instance, slot }: { instance: DesiredInstance; slot: Slot }, driver: Driver, job: Job) {
  const { source } = instance
  const setClock = async () => {
    if (source.kind === 'synthesis' && source.hasAgent === false) return 'noAgent'
    job.show('setting the clock')
    return driver.setClock(slot)
  }
  const early = source.kind === 'synthesis' ? await setClock() : undefined
  job.show('waiting for the guest')
  await driver.waitReady(slot, instance.probe, job.signal)
  return early ?? (await setClock())
}
