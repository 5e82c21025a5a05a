import type { AgentContext } from '../context.ts'
import type { Slot } from '../drivers/driver.ts'
import { slotOf } from '../ledger/records.ts'
import type { InstanceRecord } from '../ledger/records.ts'
import type { StepOf } from '../step.ts'

/** Removes what a failed instance left on the host; the instance itself stays, as failed. */
export async function releaseSlot({ id }: StepOf<'release'>, context: AgentContext): Promise<void> {
  const { ledger, driver } = context
  const slot = slotOf(ledger.instances().get(id)!)
  if (slot) await driver.destroy(slot)
  await ledger.updateInstance(id, (record) => record && withoutSlot(record))
  freeSlot(slot, context)
}

/** Removes a domain that never ran; its slot, with the ports that its client may know already, is started again. */
export async function clearSlot({ id }: StepOf<'clear'>, { ledger, driver }: AgentContext): Promise<void> {
  const slot = slotOf(ledger.instances().get(id)!)
  if (slot) await driver.destroy(slot)
}

export function freeSlot(slot: Slot | undefined, { ports, adopted }: AgentContext): void {
  if (!slot) return
  ports.release(slot.forwards)
  adopted.delete(slot.id)
}

function withoutSlot(record: InstanceRecord): InstanceRecord {
  if (record.state.phase !== 'failed') return record
  const { slot: _, ...state } = record.state
  return { ...record, state }
}
