// Facts wait in the ledger, in the record of the instance that they speak of, until the bus has confirmed them. While
// the bus is down they are tried again with growing pauses; none is forgotten, and none overtakes another of its
// instance. Those of several instances are told side by side: a confirmation may take the time of a write at the master.
//
// What was confirmed lately is kept here as well: it may be lost with the broker's queue, and the master says when it was
// (`factsLost` of the desired document). Then it is told again; a fact told twice is the same fact.
import { receiverKey } from '@bramble/contracts'
import type { FactKey, InstanceFact, InstanceId, NodeId } from '@bramble/contracts'
import { createTask } from '@bramble/kit'
import type { Bus, Clock, Logger, Task } from '@bramble/kit'
import { crashPoint } from '../crash-points.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { createToldLately } from './told-lately.ts'

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
  const toldLately = createToldLately(clock)
  const again = new Set<InstanceFact>()

  const publish = async (fact: InstanceFact) => {
    const key: FactKey = `${receiverKey('node', node)}.instance.${fact.verb}`
    await bus.publishFact(key, fact)
    toldLately.add(fact)
  }
  const tell = async (fact: InstanceFact) => {
    await publish(fact)
    crashPoint('agent.launch.factTold')
    await ledger.updateInstance(fact.instance, (record) => record && withoutFact(record, fact.id))
  }
  const tellAllOf = async (id: InstanceId) => {
    for (const fact of ledger.instances().get(id)?.untold ?? []) await tell(fact)
    if (!ledger.instances().get(id)?.untold.length) waiting.delete(id)
  }
  const tellAgain = async (fact: InstanceFact) => {
    await publish(fact)
    again.delete(fact)
  }
  const run = async (stopping: AbortSignal) => {
    const telling = [...[...waiting].map(tellAllOf), ...[...again].map(tellAgain)]
    const told = await unlessStopped(stopping, Promise.allSettled(telling))
    const failed = told.find(({ status }) => status === 'rejected')
    if (failed) throw (failed as PromiseRejectedResult).reason
  }

  const task = createTask({ name: 'facts', run, periodMs: lookAgainMs }, { clock, logger })
  let factsLost = ledger.desired()?.factsLost
  const lookForLoss = () => {
    const now = ledger.desired()?.factsLost
    if (now === factsLost) return
    factsLost = now
    for (const fact of toldLately.all()) again.add(fact)
    task.activate()
  }
  ledger.onWrite((written) => {
    if (written.kind === 'desired') lookForLoss()
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
