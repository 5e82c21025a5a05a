import type { Client } from '@bramble/client'
import type { InstanceId } from '@bramble/contracts'
import { endedWell, launchedBy } from '../operations.ts'
import { benchService } from './add-service.ts'

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
}

/** Launches `count` instances with so many under way at a time; each until its operation says that it runs. */
export async function runLaunches({ client, cpuMs }: Measured, count: number, inFlight: number) {
  const run: LaunchRun = { instances: [], elapsedMs: 0, cpuMs: 0, postMs: [] }
  let next = 0
  const launchOneByOne = async () => {
    while (next++ < count) {
      const posted = performance.now()
      const accepted = await client.instances.launch({ body: { service: benchService } })
      run.postMs.push(performance.now() - posted)
      run.instances.push(launchedBy(await endedWell(client, accepted)))
    }
  }
  const cpuBefore = await cpuMs()
  const began = performance.now()
  await Promise.all(Array.from({ length: inFlight }, launchOneByOne))
  run.elapsedMs = performance.now() - began
  run.cpuMs = (await cpuMs()) - cpuBefore
  return run
}

/** Deletes them, and waits until they are gone. */
export async function deleteInstances({ client }: Measured, instances: readonly InstanceId[], inFlight: number) {
  const left = [...instances]
  const deleteOneByOne = async () => {
    for (let instance = left.pop(); instance; instance = left.pop()) {
      await endedWell(client, await client.instances.remove({ params: { instance } }))
    }
  }
  await Promise.all(Array.from({ length: inFlight }, deleteOneByOne))
}
