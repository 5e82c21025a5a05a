// Facts wait in the ledger, in the record of the instance that they speak of, until the bus has confirmed them. While
// the bus is down they are tried again with growing pauses; none is forgotten, and none overtakes another of its
// instance. Those of several instances are told side by side: a confirmation may take the time of a write at the master.
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
    if (!ledger.instances().get(id)?.untold.length) waiting.delete(id)
  }
  const run = async (stopping: AbortSignal) => {
    const told = await unlessStopped(stopping, Promise.allSettled([...waiting].map(tellAllOf)))
    const failed = told.find(({ status }) => status === 'rejected')
    if (failed) throw (failed as PromiseRejectedResult).reason
  }

  const task = createTask({ name: 'facts', run, periodMs: lookAgainMs }, { clock, logger })
  ledger.onWrite((written) => {
    if (written.kind !== 'instance' || !written.after?.untold.length) return
    waiting.add(written.id)
    task.activate()
  })
  return task
}

/** A confirmation that is still to come when the agent stops may never come; the fact is told again by the next one. */
async function unlessStopped<T>(stopping: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise: stopped, reject } = Promise.withResolvers<never>()
  const onStop = () => reject(new Error('stopped before all facts were confirmed'))
  stopping.addEventListener('abort', onStop)
  try {
    return await Promise.race([work, stopped])
  } finally {
    stopping.removeEventListener('abort', onStop)
  }
}

const withoutFact = <R extends { untold: InstanceFact[] }>(record: R, id: string): R => ({
  ...record,
  untold: record.untold.filter((fact) => fact.id !== id),
})
