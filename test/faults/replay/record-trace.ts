// A trace of 200 operations on one node, recorded at the bus while master and agent work as they do.
import type { DesiredNode, Instance, InstanceFact, ReportNode } from '@bramble/contracts'
import { createInProcessBus, eventually, silentLogger } from '@bramble/kit'
import type { Bus } from '@bramble/kit'
import { newOperationId, startAgentPart, startMasterPart } from './parts.ts'
import type { MasterPart } from './parts.ts'
import type { Trace } from './trace.ts'

const launches = 120
const deletions = 80
/** So many are asked for at a time: fewer make more messages. */
const atOnce = 4

export async function recordTrace(): Promise<Trace> {
  const trace: Trace = {
    launches: numbered(launches),
    deletions: numbered(deletions),
    ...{ desired: [], reports: [], facts: [], instances: [], halfway: { reports: 0, facts: 0 } },
  }
  const inner = createInProcessBus({ logger: silentLogger() })
  const bus = recording(inner, trace)
  let n = 0
  const master = await startMasterPart(bus, () => ({ epoch: 1, n: ++n }))
  await bus.subscribeReports(master.hear)
  await bus.subscribeFacts(master.take)
  const agent = await startAgentPart(bus)
  await eventually(() => isTrue(master.knowsHost()))

  await inTurns(trace.launches, ({ operationId, name }) => master.launch(operationId, name), master)
  trace.halfway = { reports: trace.reports.length, facts: trace.facts.length }
  await inTurns(trace.deletions, ({ operationId, name }) => master.remove(operationId, name), master)
  const last = () => trace.reports.at(-1)!
  await eventually(() => isTrue(last().obeys?.n === n && last().instances.length === launches - deletions))
  const instances = await master.store.collection('instances').all()
  trace.instances = instances.map(({ id, name, node, status }: Instance) => ({ id, name, node, status }))
  await agent.stop()
  await master.stop()
  await inner.close()
  return trace
}

const numbered = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ operationId: newOperationId(), name: `instance-${at}` }))

const recording = (bus: Bus, trace: Trace): Bus => ({
  ...bus,
  publishDesired: (key, document) => {
    trace.desired.push(copyOf(document as DesiredNode))
    return bus.publishDesired(key, document)
  },
  publishReport: (key, report) => {
    trace.reports.push(copyOf(report as ReportNode))
    return bus.publishReport(key, report)
  },
  publishFact: (key, fact) => {
    trace.facts.push(copyOf(fact as InstanceFact))
    return bus.publishFact(key, fact)
  },
})

/** As a message carries it. */
const copyOf = <T>(message: T): T => JSON.parse(JSON.stringify(message)) as T

async function inTurns<T>(all: readonly T[], act: (one: T) => Promise<unknown>, master: MasterPart): Promise<void> {
  for (let at = 0; at < all.length; at += atOnce) {
    await Promise.all(all.slice(at, at + atOnce).map(act))
    await eventually(() => isTrue(master.openOperations() === 0), 30_000)
  }
}

export function isTrue(condition: boolean): void {
  if (!condition) throw new Error('not yet')
}
