import { randomBytes, randomUUID } from 'node:crypto'
import type { DesiredInstance } from '@bramble/contracts'
import type { AgentContext } from '../context.ts'
import { crashPoint } from '../crash-points.ts'
import type { Slot } from '../drivers/driver.ts'
import type { Job } from '../jobs.ts'
import type { StepOf } from '../step.ts'
import { failNewInstance } from './fail-instance.ts'
import { isAway } from './is-away.ts'

/** Whatever can be refused before work begins is refused here; what is left to the start is written down first. */
export async function allocateSlot({ instance }: StepOf<'allocate'>, context: AgentContext, job: Job): Promise<void> {
  job.show('checking that it fits')
  let slot: Slot
  try {
    slot = await chooseSlot(instance, context)
  } catch (error) {
    if (isAway(error)) throw error
    return failNewInstance(instance, error, context)
  }
  try {
    const record = { instance, state: { phase: 'allocated' as const, slot }, untold: [] }
    await context.ledger.updateInstance(instance.id, () => record)
  } catch (error) {
    context.ports.release(slot.forwards)
    throw error
  }
  crashPoint('agent.launch.slotWritten')
}

async function chooseSlot(instance: DesiredInstance, { driver, ports }: AgentContext): Promise<Slot> {
  await driver.check(instance)
  crashPoint('agent.launch.checked')
  const forwards = await ports.take(instance)
  return { id: randomBytes(8).toString('hex'), domainUuid: randomUUID(), forwards }
}
