import { setTimeout as pause } from 'node:timers/promises'
import { ProblemError } from '@bramble/client'
import type { Client } from '@bramble/client'
import type { InstanceId } from '@bramble/contracts'
import { endedWell, launchedBy } from '../operations.ts'
import { benchService } from './add-service.ts'

const refusedPauseMs = 100

/** A cloudlet of one process or of several. */
export interface Measured {
  client: Client
  /** What it has used of processors until now. */
  cpuMs(): Promise<number>
}

export interface LaunchRun {
  instances: InstanceId[]
  elapsedMs: number
  /** Of the cloudlet, master and nodes together. */
  cpuMs: number
  /** How long each POST took until its 202 was read. */
  postMs: number[]
  /** Answers 503, after which it was asked again: something of the cloudlet had not answered in time. */
  refusals: number
}

/** Launches `count` instances with so many under way at a time; each until its operation says that it runs. */
export async function runLaunches({ client, cpuMs }: Measured, count: number, inFlight: number) {
  const run: LaunchRun = { instances: [], elapsedMs: 0, cpuMs: 0, postMs: [], refusals: 0 }
  let next = 0
  const launchOneByOne = async () => {
    while (next++ < count) {
      const posted = performance.now()
      const launch = () => client.instances.launch({ body: { service: benchService } })
      const accepted = await insist(launch, () => void (run.refusals += 1))
      run.postMs.push(performance.now() - posted)
      run.instances.push(launchedBy(await insist(() => endedWell(client, accepted))))
    }
  }
  const cpuBefore = await cpuMs()
  const began = performance.now()
  await Promise.all(Array.from({ length: inFlight }, launchOneByOne))
  run.elapsedMs = performance.now() - began
  run.cpuMs = (await cpuMs()) - cpuBefore
  return run
}

/** Asks again after each refusal that passes by itself. */
async function insist<T>(ask: () => Promise<T>, onRefusal = () => {}): Promise<T> {
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof ProblemError) || error.problem.code !== 'unavailable') throw error
      onRefusal()
      await pause(refusedPauseMs)
    }
  }
}

/** Deletes them, and waits until they are gone. */
export async function deleteInstances({ client }: Measured, instances: readonly InstanceId[], inFlight: number) {
  const left = instances.values()
  const deleteOneByOne = async () => {
    for (const instance of left) {
      const removal = await insist(() => client.instances.remove({ params: { instance } }))
      await insist(() => endedWell(client, removal))
    }
  }
  await Promise.all(Array.from({ length: inFlight }, deleteOneByOne))
}
