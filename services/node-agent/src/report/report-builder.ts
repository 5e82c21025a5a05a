import type { HostFacts, NodeId, ReportNode, RevisionConflict } from '@bramble/contracts'
import type { Clock } from '@bramble/kit'
import type { Driver, DriverHost } from '../drivers/driver.ts'
import type { Jobs } from '../jobs.ts'
import type { Lease } from '../lease/lease.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { buildReport } from './build-report.ts'

export interface ReportSources {
  node: NodeId
  driver: Pick<Driver, 'describeHost' | 'measureFree' | 'listCached'>
  ledger: Ledger
  lease: Pick<Lease, 'number'>
  jobs: Jobs
  clock: Clock
  conflict: () => RevisionConflict | undefined
  troubles: () => string[]
  /** What the agent adds to the driver's description of the host. */
  host: { version: string; advertisedAddress: string; listenerUrl: string }
}

/** Asks the driver what changes by itself, and takes the rest as it stands at the end. */
export function reportBuilder(sources: ReportSources): () => Promise<ReportNode> {
  const { node, driver, ledger, lease, jobs, clock } = sources
  let described: DriverHost | undefined

  return async () => {
    // First of all: a lease that counts from here ends too early rather than too late.
    const number = lease.number()
    described ??= await driver.describeHost()
    const [free, cached] = await Promise.all([driver.measureFree(), driver.listCached()])
    return buildReport({
      node,
      at: clock.now(),
      number,
      host: hostFacts(described, sources.host),
      free,
      cached,
      desired: ledger.desired(),
      conflict: sources.conflict(),
      troubles: sources.troubles(),
      instances: ledger.instances(),
      captures: ledger.captures(),
      jobs: jobs.running(),
    })
  }
}

const hostFacts = (described: DriverHost, { version, ...rest }: ReportSources['host']): HostFacts => ({
  ...described,
  ...rest,
  agentVersion: version,
})
