import { connectMongo, openMongoStore } from '@bramble/cluster-master'
import { systemClock } from '@bramble/kit'
import type { MongoServer } from '@bramble/testkit'
import { addService } from '../control/add-service.ts'
import { measureCommitRate } from '../control/commit-rate.ts'
import type { CommitRate } from '../control/commit-rate.ts'
import { deleteInstances, runLaunches } from '../control/run-launches.ts'
import type { LaunchRun } from '../control/run-launches.ts'
import { tell } from '../results.ts'
import { parts } from './suite-cloudlet.ts'
import type { CpuMs, Part, SuiteCloudlet } from './suite-cloudlet.ts'

export interface LaunchPlan {
  rounds: number
  launches: number
  inFlight: number
}

export interface LaunchRound {
  run: LaunchRun
  commits: CommitRate
  /** Per launch, by who used them. */
  cpuMsPerLaunch: CpuMs
}

/** Commits and launches in turns; the instances of a round are deleted before the next one. */
export async function measureLaunches(cloudlet: SuiteCloudlet, plan: LaunchPlan): Promise<LaunchRound[]> {
  const measured = { client: cloudlet.client, cpuMs: async () => sumOf(await cloudlet.cpuMsByPart()) }
  await addService(cloudlet.client)
  const launch = (count: number) => runLaunches(measured, count, plan.inFlight)
  const remove = ({ instances }: LaunchRun) => deleteInstances(measured, instances, plan.inFlight)
  await remove(await launch(plan.launches / 2))

  const rounds: LaunchRound[] = []
  for (let round = 1; round <= plan.rounds; round++) {
    tell(`bus.launches: round ${round} of ${plan.rounds}`)
    const commits = await commitRate(cloudlet.mongo, plan.inFlight)
    const before = await cloudlet.cpuMsByPart()
    const run = await launch(plan.launches)
    const after = await cloudlet.cpuMsByPart()
    rounds.push({ run, commits, cpuMsPerLaunch: perLaunch(before, after, plan.launches) })
    await remove(run)
  }
  return rounds
}

/** Of a database of its own on the same server. */
async function commitRate({ uri }: MongoServer, writers: number): Promise<CommitRate> {
  const server = connectMongo({ uri: `${uri}commit_rate?authSource=admin` })
  try {
    const store = await openMongoStore({ server, clock: systemClock })
    const rate = await measureCommitRate(store, { writers, durationMs: 2000 })
    await store.close()
    return rate
  } finally {
    await server.close()
  }
}

const sumOf = ({ master, agents }: CpuMs) => master + agents

const perLaunch = (before: CpuMs, after: CpuMs, launches: number) =>
  Object.fromEntries(parts.map((part): [Part, number] => [part, (after[part] - before[part]) / launches])) as CpuMs
