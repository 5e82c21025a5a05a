import type { RabbitMqServer } from '@bramble/testkit'
import { cpuMsOf, cpuMsOfAll } from '../process-cpu.ts'
import { tell } from '../results.ts'
import { openBareRoute } from './bare-facts.ts'
import { openBusRoute } from './bus-route.ts'
import { makeFacts } from './fact-route.ts'
import type { FactRoute, SentFact } from './fact-route.ts'

export interface FactPlan {
  rounds: number
  facts: number
  /** Facts that wait for their confirmation at a time. */
  inFlight: number
  /** Facts that are in the consumer's hands at a time. */
  prefetch: number
}

export interface FactRun {
  perSecond: number
  /** Of both ends, which are in this process. */
  cpuMsPerFact: number
  brokerCpuMsPerFact: number
}

export interface FactRuns {
  ours: FactRun[]
  bare: FactRun[]
}

/** Ours and the bare ones in turns, each with its queue empty before and after. */
export async function measureFacts(broker: RabbitMqServer, plan: FactPlan): Promise<FactRuns> {
  await using undo = new AsyncDisposableStack()
  const ours = undo.adopt(await openBusRoute(broker.url, plan.prefetch), (route) => route.close())
  const bare = undo.adopt(await openBareRoute(broker.url, plan.prefetch), (route) => route.close())
  const runs: FactRuns = { ours: [], bare: [] }
  const facts = makeFacts(plan.facts)
  const warmUp = facts.slice(0, plan.facts / 2)
  for (const route of [ours, bare]) await sendAll(route, warmUp, plan.inFlight)
  for (let round = 1; round <= plan.rounds; round++) {
    tell(`bus.facts: round ${round} of ${plan.rounds}`)
    // Whoever is first has the fresher broker: in turns as well.
    const order = round % 2 ? (['ours', 'bare'] as const) : (['bare', 'ours'] as const)
    for (const name of order)
      runs[name].push(await measureRun({ ours, bare }[name], { facts, broker, inFlight: plan.inFlight }))
  }
  return runs
}

type Run = { facts: readonly SentFact[]; broker: RabbitMqServer; inFlight: number }

async function measureRun(route: FactRoute, { facts, broker, inFlight }: Run): Promise<FactRun> {
  const brokerCpuMs = async () => cpuMsOfAll(await broker.pids())
  const [ownBefore, brokerBefore] = [await cpuMsOf(process.pid), await brokerCpuMs()]
  const elapsedMs = await sendAll(route, facts, inFlight)
  return {
    perSecond: (facts.length / elapsedMs) * 1000,
    cpuMsPerFact: ((await cpuMsOf(process.pid)) - ownBefore) / facts.length,
    brokerCpuMsPerFact: ((await brokerCpuMs()) - brokerBefore) / facts.length,
  }
}

/** Until the last one is confirmed and was handled; in ms. */
async function sendAll(route: FactRoute, facts: readonly SentFact[], inFlight: number): Promise<number> {
  const { promise: handled, resolve } = Promise.withResolvers<void>()
  let left = facts.length
  route.listen(() => {
    left -= 1
    if (left === 0) resolve()
  })
  const waiting = facts.values()
  const sendOneByOne = async () => {
    for (const fact of waiting) await route.publish(fact)
  }
  const began = performance.now()
  await Promise.all([handled, ...Array.from({ length: inFlight }, sendOneByOne)])
  return performance.now() - began
}
