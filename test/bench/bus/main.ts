// The suite: master and agents as processes of their own, RabbitMQ, and a server of MongoDB's protocol between them.
//
//   bus.launches   launches/s, from POST to the operation's end (`running`), on simulated nodes in another process, over
//                  the durable commits/s of the store on the same server: one document at a time, each waited for.
//   bus.facts      facts/s from publishFact (confirmed, mandatory) to the handler of subscribeFacts, over those of a bare
//                  amqplib confirm channel and consumer with the same bytes, on a quorum queue of the same kind. Both
//                  ends are in this process.
//   bus.nodes.<n>  cores of master and broker while n nodes with 20 instances each are at rest, over those of a bare
//                  consumer and broker that the same reports go through: run-nodes.ts.
import { startRabbitMq } from '@bramble/testkit'
import { describeLoad, describeMachine } from '../machine.ts'
import { resultLine, say, tableText } from '../results.ts'
import type { Cell } from '../results.ts'
import { median, minimum, quantile } from '../statistics.ts'
import { measureFacts } from './measure-facts.ts'
import type { FactRun, FactRuns } from './measure-facts.ts'
import { measureLaunches } from './measure-launches.ts'
import type { LaunchRound } from './measure-launches.ts'
import { runNodes } from './run-nodes.ts'
import { parts, startSuiteCloudlet } from './suite-cloudlet.ts'

const nodes = 100
const launchPlan = { rounds: 5, launches: 1000, inFlight: 64 }
// The consumer's share is the master's.
const factPlan = { rounds: 7, facts: 10_000, inFlight: 256, prefetch: 64 }

const figures = (name: string, values: readonly number[]): Cell[] => [
  name,
  median(values),
  minimum(values),
  Math.max(...values),
]

function sayLaunches(rounds: readonly LaunchRound[]): void {
  const postMs = rounds.flatMap(({ run }) => run.postMs)
  const cpuMs = parts.map((part) =>
    figures(
      `CPU ms per launch: ${part}`,
      rounds.map(({ cpuMsPerLaunch }) => cpuMsPerLaunch[part]),
    ),
  )
  say(
    tableText(
      ['', 'median', 'min', 'max'],
      [
        figures('launches/s', rounds.map(launchesPerSecond)),
        figures('single durable commits/s', rounds.map(singleCommits)),
        figures(
          `durable documents/s, ${launchPlan.inFlight} at a time, grouped`,
          rounds.map(({ commits }) => commits.groupedPerSecond),
        ),
        ...cpuMs,
      ],
    ),
  )
  say(`POST /v1/instances: p50 ${quantile(postMs, 0.5).toFixed(1)} ms, p99 ${quantile(postMs, 0.99).toFixed(1)} ms`)
  const refusals = rounds.reduce((sum, { run }) => sum + run.refusals, 0)
  say(`${refusals} launches were refused at first: store or broker did not answer in time`)
}

const launchesPerSecond = ({ run }: LaunchRound) => (run.instances.length / run.elapsedMs) * 1000
const singleCommits = ({ commits }: LaunchRound) => commits.sequentialPerSecond
const perSecond = (run: FactRun) => run.perSecond

function sayFacts({ ours, bare }: FactRuns): void {
  const rowsOf = (name: string, runs: readonly FactRun[]) => [
    figures(`facts/s: ${name}`, runs.map(perSecond)),
    ...(['cpuMsPerFact', 'brokerCpuMsPerFact'] as const).map((key) =>
      figures(
        `CPU us per fact: ${name}, ${key === 'cpuMsPerFact' ? 'both ends' : 'broker'}`,
        runs.map((run) => run[key] * 1000),
      ),
    ),
  ]
  say(tableText(['', 'median', 'min', 'max'], [...rowsOf('ours', ours), ...rowsOf('bare', bare)]))
}

async function launchRounds(): Promise<LaunchRound[]> {
  await using cloudlet = await startSuiteCloudlet(nodes)
  return await measureLaunches(cloudlet, launchPlan)
}

/** On a broker where nobody else is. */
async function factRuns(): Promise<FactRuns> {
  const broker = await startRabbitMq()
  try {
    return await measureFacts(broker, factPlan)
  } finally {
    await broker.stop()
  }
}

/** BENCH_PART=launches, facts or nodes runs that alone. */
const isWanted = (part: string) => [undefined, '', part].includes(process.env['BENCH_PART'])

say(`bus: ${describeMachine()}`)
const lines: string[] = []
if (isWanted('launches')) {
  say(`${nodes} simulated nodes, ${launchPlan.inFlight} launches under way at a time`)
  const launches = await launchRounds()
  sayLaunches(launches)
  const [ours, bound] = [median(launches.map(launchesPerSecond)), median(launches.map(singleCommits))]
  lines.push(resultLine({ id: 'bus.launches', ours, bound }))
  say(`then: ${describeLoad()}`)
}
if (isWanted('facts')) {
  const facts = await factRuns()
  sayFacts(facts)
  const [ours, bound] = [median(facts.ours.map(perSecond)), median(facts.bare.map(perSecond))]
  lines.push(resultLine({ id: 'bus.facts', ours, bound }))
  say(`then: ${describeLoad()}`)
}
if (isWanted('nodes')) lines.push(...(await runNodes()))
say(`at the end: ${describeLoad()}`)
for (const line of lines) say(line)
