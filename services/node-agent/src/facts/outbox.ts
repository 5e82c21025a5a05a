// Facts wait in the ledger, in the record of the instance that they speak of, until the bus has confirmed them. While
// the bus is down they are tried again with growing pauses; none is forgotten, and none overtakes another of its
// instance.
import { receiverKey } from '@bramble/contracts'
import type { FactKey, InstanceFact, InstanceId, NodeId } from '@bramble/contracts'
import { createTask } from '@bramble/kit'
import type { Bus, Clock, Logger, Task } from '@bramble/kit'
import { crashPoint } from '../crash-points.ts'
import type { Ledger } from '../ledger/ledger.ts'

export interface OutboxOptions {
  node: NodeId
  bus: Pick<Bus, 'publishFact'>
  ledger: Ledger
  clock: Clock
  logger: Logger
}

const lookAgainMs = 60_000

export function createOutbox({ node, bus, ledger, clock, logger }: OutboxOptions): Task {
  // Those with facts to tell, so that telling one does not cost a look at all.
  const waiting = new Set(ledger.instances().keys())

  const tell = async (fact: InstanceFact) => {
    const key: FactKey = `${receiverKey('node', node)}.instance.${fact.verb}`
    await bus.publishFact(key, fact)
    crashPoint('agent.launch.factTold')
    await ledger.updateInstance(fact.instance, (record) => record && withoutFact(record, fact.id))
  }
  const tellAllOf = async (id: InstanceId) => {
    for (const fact of ledger.instances().get(id)?.untold ?? []) await tell(fact)
  }
  const run = async (stopping: AbortSignal) => {
    for (const id of waiting) {
      if (stopping.aborted) return
      await tellAllOf(id)
      if (!ledger.instances().get(id)?.untold.length) waiting.delete(id)
    }
  }

  const task = createTask({ name: 'facts', run, periodMs: lookAgainMs }, { clock, logger })
  ledger.onWrite((written) => {
    if (written.kind !== 'instance' || !written.after?.untold.length) return
    waiting.add(written.id)
    task.activate()
  })
  return task
}

const withoutFact = <R extends { untold: InstanceFact[] }>(record: R, id: string): R => ({
  ...record,
  untold: record.untold.filter((fact) => fact.id !== id),
})
