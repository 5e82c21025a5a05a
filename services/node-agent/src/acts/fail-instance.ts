import type { DesiredInstance, InstanceId, Problem } from '@bramble/contracts'
import { ProblemError, toProblem } from '@bramble/kit'
import type { AgentContext } from '../context.ts'
import type { Slot } from '../drivers/driver.ts'
import { addFact } from '../facts/add-fact.ts'
import { slotOf } from '../ledger/records.ts'
import type { InstanceRecord } from '../ledger/records.ts'

/** How much of a failed guest's console is kept: its VM, and with it the whole log, is removed. */
const consoleTailBytes = 65_536

/** An expected failure is data: the instance stays failed, with its problem, until it is no longer wanted. */
export async function failInstance(id: InstanceId, reason: unknown, context: AgentContext): Promise<void> {
  const slot = slotOf(context.ledger.instances().get(id)!)
  const consoleBase64 = slot && (await readLastWords(slot, context))
  const problem = problemOf(id, reason, context)
  await context.ledger.updateInstance(id, (record) => record && failed(record, { problem, consoleBase64 }, context))
}

/** One that never got a slot. */
export async function failNewInstance(
  instance: DesiredInstance,
  reason: unknown,
  context: AgentContext,
): Promise<void> {
  const record: InstanceRecord = { instance, state: { phase: 'deleted' }, untold: [] }
  const problem = problemOf(instance.id, reason, context)
  await context.ledger.updateInstance(instance.id, () => failed(record, { problem, consoleBase64: undefined }, context))
}

interface Failure {
  problem: Problem
  consoleBase64: string | undefined
}

function failed(record: InstanceRecord, { problem, consoleBase64 }: Failure, context: AgentContext): InstanceRecord {
  const { node, clock } = context
  const slot = slotOf(record)
  const startedAt = 'startedAt' in record.state ? record.state.startedAt : undefined
  const withFact = addFact(record, 'failed', { node, at: clock.now(), detail: problem.detail })
  return {
    ...withFact,
    state: {
      phase: 'failed',
      problem,
      ...(slot && { slot }),
      ...(startedAt && { startedAt }),
      ...(consoleBase64 && { consoleBase64 }),
    },
  }
}

function problemOf(id: InstanceId, reason: unknown, { logger }: AgentContext): Problem {
  const isExpected = reason instanceof ProblemError || !(reason instanceof Error)
  const problem = reason instanceof Error ? toProblem(reason) : (reason as Problem)
  const text = `instance failed: ${problem.detail}`
  logger[isExpected ? 'warn' : 'error']({ ...(reason instanceof Error && { err: reason }), instance: id }, text)
  return problem
}

/** Without them the failure is reported all the same. */
async function readLastWords(slot: Slot, { driver, logger }: AgentContext): Promise<string | undefined> {
  try {
    return (await driver.readConsole(slot, consoleTailBytes)).toString('base64')
  } catch (err) {
    logger.debug({ err, slot: slot.id }, 'no console is kept')
    return undefined
  }
}
