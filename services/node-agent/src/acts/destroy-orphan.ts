import type { AgentContext } from '../context.ts'
import type { StepOf } from '../step.ts'

export async function destroyOrphan({ domain }: StepOf<'destroyOrphan'>, { driver, logger }: AgentContext) {
  logger.warn({ slot: domain.slotId, domainUuid: domain.domainUuid }, 'removing a VM that the ledger does not know')
  await driver.destroy({ id: domain.slotId, domainUuid: domain.domainUuid })
}
