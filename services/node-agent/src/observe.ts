import type { CaptureId, DesiredNode, InstanceId } from '@bramble/contracts'
import type { Domain, Driver } from './drivers/driver.ts'
import type { Job, Jobs } from './jobs.ts'
import type { Lease } from './lease/lease.ts'
import type { Ledger, Written } from './ledger/ledger.ts'
import type { CaptureRecord, InstanceRecord } from './ledger/records.ts'

/** How many steps of a kind may run at a time. */
export interface Limits {
  starts: number
  deletes: number
  captures: number
}

/** All that a plan is made of. */
export interface World {
  /** Absent until this node was ever told what it should do: then nothing may be removed. */
  desired: DesiredNode | undefined
  instances: ReadonlyMap<InstanceId, InstanceRecord>
  captures: ReadonlyMap<CaptureId, CaptureRecord>
  domains: readonly Domain[]
  /** Steps under way, by key. */
  jobs: ReadonlyMap<string, Pick<Job, 'step' | 'isAborted'>>
  /** Ids of slots whose VM this process started or took over. */
  adopted: ReadonlySet<string>
  limits: Limits
  /** How long the master may have been without word of this node. */
  silentMs: number
}

type WrittenInstance = Extract<Written, { kind: 'instance' }>

export interface Watched {
  ledger: Ledger
  lease: Pick<Lease, 'silentMs'>
  driver: Pick<Driver, 'listDomains'>
  jobs: Jobs
  adopted: ReadonlySet<string>
  limits: Limits
}

/**
 * Jobs and records are taken before the domains are listed. A job that ends while they are listed still counts as
 * running, so that its instance is not judged by a record and a domain of different moments; its end is a reason for
 * the next pass. A world is good until the next one is asked for: its records are those of the last one, brought up to
 * date with what was written since.
 */
export function createObserver({ ledger, lease, driver, jobs, adopted, limits }: Watched): () => Promise<World> {
  const instances = new Map(ledger.instances())
  let written: WrittenInstance[] = []
  ledger.onWrite((write) => {
    if (write.kind === 'instance') written.push(write)
  })
  const catchUp = () => {
    for (const { id, after } of written) {
      if (after) instances.set(id, after)
      else instances.delete(id)
    }
    written = []
    return instances
  }
  return async () => {
    const before = {
      jobs: new Map(jobs.running()),
      desired: ledger.desired(),
      instances: catchUp(),
      captures: new Map(ledger.captures()),
      adopted: new Set(adopted),
    }
    const domains = await driver.listDomains()
    return { ...before, limits, domains, silentMs: lease.silentMs() }
  }
}
