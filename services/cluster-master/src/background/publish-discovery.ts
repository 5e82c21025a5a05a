import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { compareRevisions, receiverKey } from '@bramble/contracts'
import type { DesiredDiscovery, SiteId } from '@bramble/contracts'
import type { TaskDefinition } from '@bramble/kit'
import { catalogueText } from '../domain/catalogue-text.ts'
import type { Master } from '../master.ts'
import { version } from '../version.ts'
import type { RevisionCounter } from './revision-counter.ts'

const periodMs = 5000
const resendMs = 600_000

interface Published {
  document: DesiredDiscovery
  atMs: number
}

export interface PublishDiscovery {
  revisions: RevisionCounter
  /** Of the API, as clients reach it. */
  url: string
}

/** Tells each discovery service of the cloudlet what it is to tell the network, and again to one that obeys another. */
export function publishDiscovery(
  { bus, clock, config, records, sightings }: Pick<Master, 'bus' | 'clock' | 'config' | 'records' | 'sightings'>,
  { revisions, url }: PublishDiscovery,
): TaskDefinition {
  const published = new Map<SiteId, Published>()
  const cloudletNow = () => ({
    url,
    path: '/v1',
    version,
    services: digestOf(catalogueText(records.services.values())),
  })

  const isDue = (site: SiteId, before: Published) => {
    const report = sightings.reportOf(site)
    const obeysAnother = report && (!report.obeys || compareRevisions(report.obeys, before.document.revision) !== 0)
    return obeysAnother || clock.monotonicMs() - before.atMs >= resendMs
  }
  const tell = async (site: SiteId, cloudlet: DesiredDiscovery['cloudlet']) => {
    const before = published.get(site)
    const isSame = before && isDeepStrictEqual(before.document.cloudlet, cloudlet)
    if (isSame && !isDue(site, before)) return
    const document: DesiredDiscovery = isSame
      ? before.document
      : { type: 'desired.discovery.v1', site, revision: await revisions.next(), cloudlet }
    await bus.publishDesired(receiverKey('discovery', site), document)
    published.set(site, { document, atMs: clock.monotonicMs() })
  }
  return {
    name: 'publish-discovery',
    periodMs,
    run: async () => {
      const { sites } = config.discovery
      if (sites.length === 0) return
      const cloudlet = cloudletNow()
      for (const site of sites) await tell(site, cloudlet)
    },
  }
}

const digestOf = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16)
