import type { AgentContext } from '../context.ts'
import { crashPoint } from '../crash-points.ts'
import { addFact } from '../facts/add-fact.ts'
import { slotOf } from '../ledger/records.ts'
import type { InstanceRecord } from '../ledger/records.ts'
import type { StepOf } from '../step.ts'
import { freeSlot } from './release-slot.ts'

export async function deleteInstance({ id }: StepOf<'delete'>, context: AgentContext): Promise<void> {
  const { ledger, driver, node, clock } = context
  crashPoint('agent.delete.begun')
  const slot = slotOf(ledger.instances().get(id)!)
  if (slot) await driver.destroy(slot)
  crashPoint('agent.delete.domainDestroyed')
  const deleted = (record: InstanceRecord): InstanceRecord => ({
    ...addFact(record, 'deleted', { node, at: clock.now() }),
    state: { phase: 'deleted' },
  })
  await ledger.updateInstance(id, (record) => record && deleted(record))
  freeSlot(slot, context)
  crashPoint('agent.delete.written')
}

export async function forgetInstance({ id }: StepOf<'forget'>, { ledger }: AgentContext): Promise<void> {
  await ledger.updateInstance(id, () => undefined)
  crashPoint('agent.delete.forgotten')
}
