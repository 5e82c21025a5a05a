import { serviceTypes } from '@bramble/contracts'
import type { AnnouncedOn } from '@bramble/contracts'
import type { Clock } from '@bramble/kit'
import { startStation } from '@bramble/mdns'
import type { FoundService, Offer, StationOptions, Ttls } from '@bramble/mdns'
import { announcedOn } from './domain/announced-on.ts'
import { mergeFound } from './domain/sightings.ts'

/** A network in memory, for tests. */
export type Network = Pick<StationOptions, 'open' | 'addressesOf' | 'watchMs'>

export interface StationsOptions {
  interfaces: readonly string[]
  clock: Clock
  ttls?: Ttls | undefined
  network?: Network | undefined
  onChange: () => void
}

/** The interfaces that were named, as one. */
export interface Stations {
  offer(offer: Offer): void
  announced(): AnnouncedOn[]
  /** Without our own. */
  found(kind: 'cloudlets' | 'agents'): FoundService[]
  stop(): Promise<void>
}

const types = { cloudlets: serviceTypes.cloudlet, agents: serviceTypes.agent }

export function startStations({ interfaces, clock, ttls, network, onChange }: StationsOptions): Stations {
  const common = { types: Object.values(types), clock, onChange, ...(ttls && { ttls }), ...network }
  const stations = interfaces.map((interfaceName) => startStation({ ...common, interfaceName }))
  let offered: Offer | undefined
  /** On a network that two interfaces are in, ours has two names. */
  const isOwn = ({ type, port, addresses }: FoundService) =>
    type === offered?.type &&
    port === offered.port &&
    stations.some((it) => addresses.every((one) => it.telling()?.addresses.includes(one)))
  return {
    offer: (offer) => {
      offered = offer
      for (const station of stations) station.offer(offer)
    },
    announced: () =>
      stations.map((station, at) =>
        announcedOn({
          interfaceName: interfaces[at]!,
          telling: station.telling(),
          trouble: station.trouble(),
          isOffered: offered !== undefined,
        }),
      ),
    found: (kind) => mergeFound(stations.flatMap((it) => it.found(types[kind])).filter((it) => !isOwn(it))),
    stop: async () => void (await Promise.all(stations.map((station) => station.stop()))),
  }
}
