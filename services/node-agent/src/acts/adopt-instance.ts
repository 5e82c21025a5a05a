import type { AgentContext } from '../context.ts'
import { addFact } from '../facts/add-fact.ts'
import { slotOf } from '../ledger/records.ts'
import type { InstanceRecord } from '../ledger/records.ts'
import type { StepOf } from '../step.ts'

/** Takes over a running VM without touching it: only what is known of it changes. */
export async function adoptInstance({ id }: StepOf<'adopt'>, context: AgentContext): Promise<void> {
  const { ledger, adopted, logger } = context
  const slot = slotOf(ledger.instances().get(id)!)
  await ledger.updateInstance(id, (record) => record && adoptedRecord(record, context))
  if (slot) adopted.add(slot.id)
  logger.info({ instance: id }, 'instance adopted')
}

function adoptedRecord(record: InstanceRecord, { node, clock }: AgentContext): InstanceRecord {
  const source = { node, at: clock.now() }
  const { state } = record
  if (state.phase !== 'allocated') return addFact(record, 'adopted', source)
  const started = { phase: 'started' as const, slot: state.slot, startedAt: clock.now(), timings: {} }
  return addFact(addFact({ ...record, state: started }, 'started', source), 'adopted', source)
}
