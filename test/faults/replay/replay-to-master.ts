// Gives the reports and facts of a trace to a new master that was asked for the same: first those of the launches, then,
// with the deletions, all of them once more. Whatever the order, it ends with what the recorded one ended with, and
// everything is told once. After it came the next heartbeat, as it always does.
import type { Event, Instance } from '@bramble/contracts'
import { createInProcessBus, eventually, silentLogger } from '@bramble/kit'
import type { Order } from './orders.ts'
import { startMasterPart } from './parts.ts'
import type { MasterPart } from './parts.ts'
import { isTrue } from './record-trace.ts'
import { key } from './trace.ts'
import type { Trace } from './trace.ts'

const restWithinMs = 5000

/** What is wrong in the end. */
export async function replayToMaster(trace: Trace, order: Order): Promise<string[]> {
  const bus = createInProcessBus({ logger: silentLogger() })
  // The reports speak of the documents of the trace: of those the last one is what this master wants, too.
  const master = await startMasterPart(bus, () => trace.desired.at(-1)!.revision)
  try {
    await give(master, [message(trace.reports[0]!)])
    for (const { operationId, name } of trace.launches) await master.launch(operationId, name)
    const { halfway } = trace
    const early = [...trace.reports.slice(0, halfway.reports), ...trace.facts.slice(0, halfway.facts)]
    await give(master, order(early.map(message)))
    await untilEnded(master, trace.reports[halfway.reports - 1]!)
    for (const { operationId, name } of trace.deletions) await master.remove(operationId, name)
    await give(master, order([...trace.reports, ...trace.facts].map(message)))
    await untilEnded(master, trace.reports.at(-1)!)
    return await judge(master, trace)
  } finally {
    await master.stop()
    await bus.close()
  }
}

type Told = Trace['reports'][number] | Trace['facts'][number]
interface Message {
  key: string
  body: Told
}

const message = (body: Told): Message => ({
  key: body.type === 'report.node.v1' ? key : `${key}.instance.${body.verb}`,
  body,
})

async function give(master: MasterPart, messages: readonly Message[]): Promise<void> {
  for (const { key, body } of messages) {
    const delivery = { key, body: structuredClone(body), redelivered: true }
    await (body.type === 'report.node.v1' ? master.hear(delivery) : master.take(delivery))
  }
}

async function untilEnded(master: MasterPart, heartbeat: Told): Promise<void> {
  const isAtRest = async () => {
    await give(master, [message(heartbeat)])
    await new Promise((resolve) => setTimeout(resolve, 5))
    isTrue(master.openOperations() === 0)
  }
  await eventually(isAtRest, restWithinMs).catch(() => {})
}

async function judge({ store }: MasterPart, trace: Trace): Promise<string[]> {
  const operations = await store.collection('operations').all()
  const bad = operations
    .filter(({ status }) => status !== 'succeeded')
    .map(({ id, kind, status }) => `${kind} ${id} ${status}`)
  const ended = () => readEvents(store).then((events) => ends(events).length >= operations.length && events)
  const events = await eventually(async () => (await ended()) || fail(), restWithinMs).catch(() => readEvents(store))
  const instances = await store.collection('instances').all()
  return [...bad, ...judgeInstances(trace.instances, instances), ...judgeEvents(trace, events)]
}

const readEvents = async (store: MasterPart['store']): Promise<Event[]> => (await store.events(0, 10_000)).items
const ends = (events: readonly Event[]) => events.filter(({ type }) => type === 'operation.succeeded')
function fail(): never {
  throw new Error('not yet')
}

function judgeInstances(wanted: Trace['instances'], found: readonly Instance[]): string[] {
  const show = ({ id, name, node, status: { phase, forwards } }: Trace['instances'][number]) =>
    JSON.stringify({ id, name, node, phase, forwards })
  const [expected, actual] = [new Set(wanted.map(show)), new Set(found.map(show))]
  return [
    ...[...expected].filter((it) => !actual.has(it)).map((it) => `missing: ${it}`),
    ...[...actual].filter((it) => !expected.has(it)).map((it) => `not to be there: ${it}`),
  ]
}

/** What nodes told, and the end of every operation: once each. */
function judgeEvents({ facts, launches, deletions }: Trace, events: readonly Event[]): string[] {
  const told = Map.groupBy(events, ({ type, resource }) => `${type} ${resource.id}`)
  const expected = [
    ...facts.filter(({ verb }) => verb !== 'deleted').map(({ verb, instance }) => `instance.${verb} ${instance}`),
    ...[...launches, ...deletions].map(({ operationId }) => `operation.succeeded ${operationId}`),
  ]
  return expected.flatMap((it) => {
    const times = told.get(it)?.length ?? 0
    return times === 1 ? [] : [`${it} was told ${times} times`]
  })
}
