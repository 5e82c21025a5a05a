// Reads of the API at the size of a large cloudlet: a master that finds thousands of nodes in its store. None of them
// reports: a node that has reported since the last list costs its own JSON once more.
//
//   rest.list        pages/s of a list of 1,000 nodes, with token, roles and a checked query, over those of node:http
//                    that serves the same bytes.
//   rest.list.5000   the same of a list of 5,000 nodes: its five pages in turn.
//   cli.node-list    `bramble node list` of 5,000 nodes, the whole process, over `node -e 0`; target 300 ms.
//
// The servers are processes of their own, the client is this one, and each has its turn in every round.
import { makeTempFolder } from '@bramble/testkit'
import { startEmbeddedProcess } from '../embedded-process.ts'
import { describeLoad, describeMachine } from '../machine.ts'
import { resultLine, say, tableText, tell } from '../results.ts'
import type { Cell } from '../results.ts'
import { median, minimum } from '../statistics.ts'
import { fillNodes } from './fill-nodes.ts'
import { measureLists } from './measure-lists.ts'
import type { ListRun, ListRuns } from './measure-lists.ts'
import { readPages } from './read-pages.ts'
import { startPeer } from './start-peer.ts'
import { timeNodeList } from './time-node-list.ts'

const plan = { rounds: 7, roundMs: 2000, inFlight: 4 }
const cliRepetitions = 10
const cliTargetMs = 300

interface Measured {
  runs: ListRuns
  pageBytes: number
  cli: Awaited<ReturnType<typeof timeNodeList>> | undefined
}

async function measure(nodes: number, { withCli }: { withCli: boolean }): Promise<Measured> {
  await using folder = await makeTempFolder()
  await fillNodes(folder.path, nodes)
  await using cloudlet = await startEmbeddedProcess(folder.path, { 'node.driver': 'none' })
  const pages = await readPages(cloudlet.client)
  await using peer = await startPeer(pages)
  const { url, token } = cloudlet.client
  const ours = { url, token: token!, pid: cloudlet.pid }
  const paths = pages.map(({ path }) => path)
  const runs = await measureLists({ ours, peer: { ...peer, token: token! } }, paths, {
    ...plan,
    tell: (round) => tell(`rest.list of ${nodes} nodes: round ${round} of ${plan.rounds}`),
  })
  const cli = withCli ? await timeNodeList(ours, { nodes, repetitions: cliRepetitions }) : undefined
  return { runs, cli, pageBytes: pages[0]!.body.length }
}

const perSecond = (run: ListRun) => run.perSecond
const cpuMs = (run: ListRun) => run.cpuMsPerPage
const rates = (name: string, runs: readonly ListRun[]): Cell[][] => [
  [`pages/s: ${name}`, median(runs.map(perSecond)), Math.max(...runs.map(perSecond))],
  [`CPU ms per page: ${name}`, median(runs.map(cpuMs)), minimum(runs.map(cpuMs))],
]

function sayLists(nodes: number, { runs, pageBytes }: Measured): void {
  say(`${nodes} nodes, ${Math.round(pageBytes / 1000)} kB a page; ${describeLoad()}`)
  say(tableText(['', 'median', 'best'], [...rates('ours', runs.ours), ...rates('node:http', runs.peer)]))
}

say(`rest: ${plan.inFlight} requests under way at a time; ${describeMachine()}`)
const small = await measure(1000, { withCli: false })
sayLists(1000, small)
const large = await measure(5000, { withCli: true })
sayLists(5000, large)
const { list, node } = large.cli!
const row = (what: string, times: number[]) => [what, Math.round(median(times)), Math.round(minimum(times))]
say(tableText(['ms', 'median', 'min'], [row('bramble node list, 5000 nodes', list), row('node -e 0', node)]))
say(`target: ${cliTargetMs} ms; ${describeLoad()}`)
for (const [id, { runs }] of Object.entries({ 'rest.list': small, 'rest.list.5000': large })) {
  say(resultLine({ id, ours: median(runs.ours.map(perSecond)), bound: median(runs.peer.map(perSecond)) }))
}
say(resultLine({ id: 'cli.node-list', ours: median(list), bound: median(node) }))
