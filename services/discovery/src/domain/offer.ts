import { serviceTypes } from '@bramble/contracts'
import type { DesiredDiscovery } from '@bramble/contracts'
import type { Offer } from '@bramble/mdns'

type Cloudlet = DesiredDiscovery['cloudlet']

/** At which addresses the API is: `name` still has to be looked up. */
export type Place = { kind: 'anywhere' } | { kind: 'address'; address: string } | { kind: 'name'; name: string }

export function placeOf({ url }: Pick<Cloudlet, 'url'>): Place {
  const host = new URL(url).hostname
  if (host === '0.0.0.0' || host === '[::]') return { kind: 'anywhere' }
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return { kind: 'address', address: host }
  return { kind: 'name', name: host.replace(/^\[|\]$/g, '') }
}

/** What the network is told of the cloudlet; `found` says where the API is. */
export function offerOf(cloudlet: Cloudlet, { label, found }: Pick<Offer, 'label' | 'found'>): Offer {
  const { protocol, port } = new URL(cloudlet.url)
  const isTls = protocol === 'https:'
  const { version, path, services } = cloudlet
  const txt = { version, path, encryption: isTls ? 'tls' : 'none', services }
  return { type: serviceTypes.cloudlet, label, port: Number(port) || (isTls ? 443 : 80), txt, found }
}
