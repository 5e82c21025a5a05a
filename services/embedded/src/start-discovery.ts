import type { SiteId } from '@bramble/contracts'
import { nameOfHost, startDiscovery } from '@bramble/discovery'
import type { Discovery, DiscoveryParts } from '@bramble/discovery'
import { systemClock } from '@bramble/kit'
import type { EmbeddedSettings } from './settings.ts'

export const embeddedSite = 'local' as SiteId

/** Discovery in this process; none where no interface was named. */
export const startOwnDiscovery = (
  { interface: interfaceName, name = nameOfHost(), advertisedAddress, ttl }: EmbeddedSettings['discovery'],
  parts: Pick<DiscoveryParts, 'bus' | 'logger'>,
): Discovery | undefined => {
  if (interfaceName === undefined) return undefined
  const own = { site: embeddedSite, name, interfaces: [interfaceName], advertisedAddress, ttls: ttl }
  return startDiscovery({ ...parts, ...own, clock: systemClock })
}
