import type { AgentContext } from '../context.ts'
import { crashPoint } from '../crash-points.ts'
import { slotOf } from '../ledger/records.ts'
import type { StepOf } from '../step.ts'
import { failInstance } from './fail-instance.ts'

/** Ends a VM that may not run any longer. That it failed is written first: whatever comes between, it stays so. */
export async function stopInstance({ id, problem }: StepOf<'stop'>, context: AgentContext): Promise<void> {
  const slot = slotOf(context.ledger.instances().get(id)!)
  await failInstance(id, problem, context)
  crashPoint('agent.stop.written')
  if (slot) await context.driver.destroy(slot)
  crashPoint('agent.stop.domainDestroyed')
}
