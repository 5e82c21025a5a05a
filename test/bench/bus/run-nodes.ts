// bus.nodes.<n>: how large a cloudlet may be. BENCH_NODES=500,1000,2000,5000 sets the sizes; each has a broker of its own.
//
// At rest nodes report every 10 s, 20 instances each, and nothing else goes on. The bare consumer and publisher move the
// very reports that were captured, at the rate at which they came, through the same broker with its queues of the nodes
// still there. The publisher is left out of the sums, as the agents are: it stands for other hosts.
import { describeLoad } from '../machine.ts'
import { resultLine, say, tableText } from '../results.ts'
import type { Cell } from '../results.ts'
import { median, minimum, quantile } from '../statistics.ts'
import { measureNodes } from './measure-nodes.ts'
import type { AtRest, NodesRun } from './measure-nodes.ts'

const instancesPerNode = 20
const plan = { windows: 5, windowMs: 12_000, launchesPerSecond: 100, launchMs: 20_000, warmUpMs: 5000 }
const MiB = 1024 ** 2

const sizes = () => (process.env['BENCH_NODES'] ?? '500,1000').split(',').map(Number)

const both = ({ receiver, broker }: AtRest) => receiver + broker
const cores = (name: string, windows: readonly AtRest[], of: (window: AtRest) => number): Cell[] => [
  name,
  median(windows.map(of)),
  minimum(windows.map(of)),
]

function sayRun(nodes: number, run: NodesRun): void {
  const { ours, bare, reach, masterRssBytes, reportsPerSecond, bytesPerReport } = run
  say(`${nodes} nodes: ${reportsPerSecond} reports/s of ${Math.round(bytesPerReport)} bytes; ${describeLoad()}`)
  say(
    tableText(
      ['cores at rest', 'median', 'min'],
      [
        cores('master', ours, ({ receiver }) => receiver),
        cores('broker', ours, ({ broker }) => broker),
        cores('agents, a thousand in a process', ours, ({ sender }) => sender),
        cores('bare consumer', bare, ({ receiver }) => receiver),
        cores('broker, bare', bare, ({ broker }) => broker),
        cores('bare publisher', bare, ({ sender }) => sender),
      ],
    ),
  )
  say(`master and broker, us per node and second: ${((median(ours.map(both)) / nodes) * 1e6).toFixed(1)}`)
  const { atRest, afterLaunches } = masterRssBytes
  say(`RSS of the master: ${Math.round(atRest / MiB)} MiB at rest, ${Math.round(afterLaunches / MiB)} after launches`)
  const [p50, p99] = [0.5, 0.99].map((share) => quantile(reach.reachMs, share).toFixed(0))
  const rate = reach.launchesPerSecond.toFixed(0)
  say(
    `at ${rate} launches/s, from POST to the start on the node: p50 ${p50} ms, p99 ${p99} ms; ${reach.refused} refused`,
  )
}

/** The lines of the results; the tables are printed as they come. */
export async function runNodes(): Promise<string[]> {
  const lines: string[] = []
  for (const nodes of sizes()) {
    const run = await measureNodes({ nodes, instancesPerNode }, plan)
    sayRun(nodes, run)
    const [ours, bound] = [median(run.ours.map(both)), median(run.bare.map(both))]
    lines.push(resultLine({ id: `bus.nodes.${nodes}`, ours, bound }))
  }
  return lines
}
