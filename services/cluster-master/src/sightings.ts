import { heartbeatMs } from '@bramble/contracts'
import type { ReportDiscovery, SeenCloudlet, SeenNode, SiteId } from '@bramble/contracts'
import type { Clock } from '@bramble/kit'
import { mergeAgents, mergeCloudlets } from './domain/merge-sightings.ts'

/** What discovery services last told that they see. It is kept in memory alone: each report tells all of it. */
export interface Sightings {
  note(report: ReportDiscovery): void
  /** The last report of a site that is not too old. */
  reportOf(site: SiteId): ReportDiscovery | undefined
  cloudlets(): SeenCloudlet[]
  agents(): SeenNode[]
}

/** Of a site that is silent for so long nothing is known any more. */
const keepMs = 3 * heartbeatMs

export function createSightings(clock: Pick<Clock, 'monotonicMs'>): Sightings {
  const bySite = new Map<SiteId, { report: ReportDiscovery; heardMs: number }>()
  const fresh = () => {
    const nowMs = clock.monotonicMs()
    for (const [site, { heardMs }] of bySite) if (nowMs - heardMs >= keepMs) bySite.delete(site)
    return Array.from(bySite.values(), ({ report }) => report)
  }
  return {
    note: (report) => {
      const known = bySite.get(report.site)?.report
      // Reports of one run may overtake each other.
      if (known?.session === report.session && known.sequence >= report.sequence) return
      bySite.set(report.site, { report, heardMs: clock.monotonicMs() })
    },
    reportOf: (site) => fresh().find((report) => report.site === site),
    cloudlets: () => mergeCloudlets(fresh()),
    agents: () => mergeAgents(fresh()),
  }
}
