// The control plane alone: a master and 500 simulated nodes, each an agent with loop, ledger and ports, whose VMs are
// entries in a table. One process with an in-process bus and SQLite, each write on the disk; the client is this process.
//
//   control.launches   launches/s, from POST to the operation's end (`running`), over the store's own durable commits/s:
//                      one document per commit. A launch writes four documents and three events.
//   control.growth     time per launch with 10,000 instances there over that on an empty cloudlet, taken in turns.
import { join } from 'node:path'
import { openSqliteStore } from '@bramble/cluster-master'
import { systemClock } from '@bramble/kit'
import { makeTempFolder } from '@bramble/testkit'
import { describeLoad, describeMachine } from '../machine.ts'
import { startEmbeddedProcess } from '../embedded-process.ts'
import { resultLine, say, tableText, tell } from '../results.ts'
import { median, minimum, quantile } from '../statistics.ts'
import { addService } from './add-service.ts'
import { measureCommitRate } from './commit-rate.ts'
import type { CommitRate } from './commit-rate.ts'
import { awaitNodes } from '../await-nodes.ts'
import { deleteInstances, runLaunches } from './run-launches.ts'
import type { LaunchRun } from './run-launches.ts'

const nodes = 500
const inFlight = 64
const warmUpLaunches = 500
const launchesPerRound = 2000
const rounds = 5
const instancesThere = 10_000
const growthLaunches = 400
const growthRounds = 15
const settings = { 'simulated.nodes': nodes, 'node.driver': 'none' }

const perSecond = ({ instances, elapsedMs }: LaunchRun) => (instances.length / elapsedMs) * 1000
const perCpuSecond = ({ instances, cpuMs }: LaunchRun) => (instances.length / cpuMs) * 1000
const msPerLaunch = ({ instances, elapsedMs }: LaunchRun) => elapsedMs / instances.length
const cpuMsPerLaunch = ({ instances, cpuMs }: LaunchRun) => cpuMs / instances.length

async function startCloudlet(stateDir: string) {
  const cloudlet = await startEmbeddedProcess(stateDir, settings)
  await addService(cloudlet.client)
  await awaitNodes(cloudlet.client, nodes)
  await deleteInstances(cloudlet, (await runLaunches(cloudlet, warmUpLaunches, inFlight)).instances, inFlight)
  return cloudlet
}

/** Of a store of its own, on the same disk. */
async function commitRate(): Promise<CommitRate> {
  await using folder = await makeTempFolder()
  const store = openSqliteStore({ path: join(folder.path, 'store.sqlite'), clock: systemClock })
  try {
    return await measureCommitRate(store, { writers: inFlight })
  } finally {
    await store.close()
  }
}

async function measureLaunches(cloudlet: Awaited<ReturnType<typeof startCloudlet>>) {
  const runs: LaunchRun[] = []
  const commits: CommitRate[] = []
  for (let round = 1; round <= rounds; round++) {
    tell(`control.launches: round ${round} of ${rounds}`)
    commits.push(await commitRate())
    runs.push(await runLaunches(cloudlet, launchesPerRound, inFlight))
  }
  return { runs, commits }
}

async function fill(cloudlet: Awaited<ReturnType<typeof startCloudlet>>, there: number) {
  tell(`control.growth: ${instancesThere} instances on the second cloudlet`)
  await runLaunches(cloudlet, instancesThere - there, inFlight)
}

async function measureGrowth(empty: Awaited<ReturnType<typeof startCloudlet>>, full: typeof empty) {
  const taken: Record<'empty' | 'full', LaunchRun[]> = { empty: [], full: [] }
  for (let round = 1; round <= growthRounds; round++) {
    tell(`control.growth: round ${round} of ${growthRounds}`)
    for (const [where, cloudlet] of Object.entries({ empty, full }) as ['empty' | 'full', typeof empty][]) {
      const run = await runLaunches(cloudlet, growthLaunches, inFlight)
      taken[where].push(run)
      await deleteInstances(cloudlet, run.instances, inFlight)
    }
  }
  return taken
}

await using folders = new AsyncDisposableStack()
const folder = folders.use(await makeTempFolder())
const otherFolder = folders.use(await makeTempFolder())

say(`control: ${nodes} simulated nodes, ${inFlight} launches under way at a time; ${describeMachine()}`)
const full = folders.use(await startCloudlet(folder.path))
const { runs, commits } = await measureLaunches(full)
await fill(full, rounds * launchesPerRound)
const empty = folders.use(await startCloudlet(otherFolder.path))
const growth = await measureGrowth(empty, full)

const postMs = runs.flatMap((run) => run.postMs)
const launches = median(runs.map(perSecond))
const single = median(commits.map((rate) => rate.sequentialPerSecond))
const [onEmpty, onFull] = [median(growth.empty.map(msPerLaunch)), median(growth.full.map(msPerLaunch))]

say(
  tableText(
    ['', 'median', 'best'],
    [
      ['launches/s', launches, Math.max(...runs.map(perSecond))],
      ['launches per second of one core', median(runs.map(perCpuSecond)), Math.max(...runs.map(perCpuSecond))],
      ['single durable commits/s', single, Math.max(...commits.map((rate) => rate.sequentialPerSecond))],
      [`durable documents/s, ${inFlight} at a time, grouped`, median(commits.map((rate) => rate.groupedPerSecond)), ''],
      ['ms per launch, empty', onEmpty, minimum(growth.empty.map(msPerLaunch))],
      [`ms per launch, ${instancesThere} there`, onFull, minimum(growth.full.map(msPerLaunch))],
      ['CPU ms per launch, empty', median(growth.empty.map(cpuMsPerLaunch)), ''],
      [`CPU ms per launch, ${instancesThere} there`, median(growth.full.map(cpuMsPerLaunch)), ''],
    ],
  ),
)
say(`POST /v1/instances: p50 ${quantile(postMs, 0.5).toFixed(1)} ms, p99 ${quantile(postMs, 0.99).toFixed(1)} ms`)
say(`at the end: ${describeLoad()}`)
say(resultLine({ id: 'control.launches', ours: launches, bound: single }))
say(resultLine({ id: 'control.growth', ours: onFull, bound: onEmpty }))
