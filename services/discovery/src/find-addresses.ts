import { lookup } from 'node:dns/promises'
import type { Offer } from '@bramble/mdns'
import { placeOf } from './domain/offer.ts'

/** At which addresses the API of a URL is. @throws when its name cannot be looked up */
export async function findAddresses(url: string): Promise<Offer['found']> {
  const place = placeOf({ url })
  if (place.kind === 'anywhere') return 'anywhere'
  if (place.kind === 'address') return [place.address]
  const found = await lookup(place.name, { all: true, family: 4 })
  return found.map(({ address }) => address)
}
