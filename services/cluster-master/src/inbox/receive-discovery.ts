import { ReportDiscovery, senderOf } from '@bramble/contracts'
import type { Delivery } from '@bramble/kit'
import type { Master } from '../master.ts'

/** What a site sees, if it is one of ours. */
export function createDiscoveryReceiver({ config, sightings }: Pick<Master, 'config' | 'sightings'>) {
  return ({ key, body }: Delivery): void => {
    const report = ReportDiscovery.parse(body)
    if (senderOf(key) !== `discovery.${report.site}`) throw new Error(`${key} reports for ${report.site}`)
    if (config.discovery.sites.includes(report.site)) sightings.note(report)
  }
}
