// Gives the desired documents of a trace to a new agent. Whatever the order, it ends with what the last one by number
// says, and every VM was started once at most.
import { createInProcessBus, eventually, silentLogger } from '@bramble/kit'
import type { Bus, DeliveryHandler } from '@bramble/kit'
import type { InstanceFact } from '@bramble/contracts'
import type { Order } from './orders.ts'
import { startAgentPart } from './parts.ts'
import { isTrue } from './record-trace.ts'
import { key } from './trace.ts'
import type { Trace } from './trace.ts'

const restWithinMs = 3000

/** What is wrong in the end. */
export async function replayToAgent(trace: Trace, order: Order): Promise<string[]> {
  const inner = createInProcessBus({ logger: silentLogger() })
  const facts: string[] = []
  const subscribed = Promise.withResolvers<DeliveryHandler>()
  const bus: Bus = {
    ...inner,
    subscribeDesired: async (_key, handler) => {
      subscribed.resolve(handler)
      return { stop: async () => {} }
    },
    publishReport: async () => {},
    publishFact: async (_key, fact) => void facts.push((fact as InstanceFact).id),
  }
  const agent = await startAgentPart(bus)
  try {
    const handler = await subscribed.promise
    for (const document of order(trace.desired))
      await handler({ key, body: structuredClone(document), redelivered: true })
    const running = () => [...agent.host.vms.values()].map(({ name }) => name).sort()
    const wanted = trace.instances.map(({ name }) => name).sort()
    const isReady = ({ id }: { id: string }) => facts.some((fact) => fact.startsWith(`${id}.ready.`))
    const isAtRest = () => `${running()}` === `${wanted}` && trace.instances.every(isReady)
    await eventually(() => isTrue(isAtRest()), restWithinMs).catch(() => {})
    return [...differences(wanted, running()), ...judgeTold(trace, facts)]
  } finally {
    await agent.stop()
    await inner.close()
  }
}

function differences(wanted: string[], running: string[]): string[] {
  return [
    ...wanted.filter((name) => !running.includes(name)).map((name) => `${name} does not run`),
    ...running.filter((name) => !wanted.includes(name)).map((name) => `${name} runs and is not wanted`),
  ]
}

/** Each effect is told once; of an instance that is there exactly once. A second VM has another slot, and another fact. */
function judgeTold({ instances }: Trace, facts: readonly string[]): string[] {
  const times = Map.groupBy(facts, (fact) => fact.split('.').slice(0, 2).join('.'))
  const repeated = [...times].filter(([, told]) => told.length > 1)
  const left = instances.flatMap(({ id }) => [`${id}.started`, `${id}.ready`])
  return [
    ...repeated.map(([fact, told]) => `${fact} ${told.length} times`),
    ...left.filter((fact) => !times.has(fact)).map((fact) => `${fact} never`),
  ]
}
