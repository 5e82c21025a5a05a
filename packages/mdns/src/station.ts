// Multicast DNS on one interface of this host: tells of a service, looks for others. It follows the interface: when its
// addresses change, all is told and looked for anew from there; while it has none, it waits.
import type { FoundService } from './domain/found-service.ts'
import { usualTtls } from './domain/service.ts'
import type { Service, Ttls } from './domain/service.ts'
import { addressesFor } from './domain/subnet.ts'
import type { InterfaceAddress } from './domain/subnet.ts'
import { interfaceAddresses } from './interface-addresses.ts'
import { openLink } from './open-link.ts'
import type { OpenLink } from './open-link.ts'
import { startTalk } from './talk.ts'
import type { StationClock, Talk } from './talk.ts'

/** A service before it is known at which addresses it is told. */
export interface Offer extends Omit<Service, 'addresses'> {
  found: 'anywhere' | readonly string[]
}

export interface StationOptions {
  interfaceName: string
  /** What is looked for. */
  types: readonly string[]
  clock: StationClock
  /** Told when something was found, changed or vanished, and when what is told changed. */
  onChange?: () => void
  ttls?: Ttls
  /** How often the interface is looked at. */
  watchMs?: number
  random?: () => number
  open?: OpenLink
  addressesOf?: (interfaceName: string) => InterfaceAddress[]
}

export interface Telling {
  /** The name that it has, or probes for. */
  label: string
  addresses: readonly string[]
  /** Its name is its own by now. */
  isTold: boolean
}

export interface Station {
  /** Tells of this one from now on, and no more of the one before; of none when undefined. */
  offer(offer: Offer | undefined): void
  /** Undefined while nothing is told: nothing is offered, or none of its addresses can be reached on this interface. */
  telling(): Telling | undefined
  /** Without our own. */
  found(type: string): FoundService[]
  addresses(): readonly InterfaceAddress[]
  /** Why it does not work at present. */
  trouble(): string | undefined
  /** Says goodbye first. */
  stop(): Promise<void>
}

const watchIntervalMs = 2000

export function startStation(options: StationOptions): Station {
  const { interfaceName, types, clock, watchMs = watchIntervalMs, onChange = () => {} } = options
  const { ttls = usualTtls, random = Math.random, open = openLink, addressesOf = interfaceAddresses } = options
  let own: InterfaceAddress[] = []
  let talk: Talk | undefined
  let offered: Offer | undefined
  let trouble: string | undefined
  let told = ''
  let cancelWatch = () => {}
  let isStopped = false

  const serviceNow = (): Service | undefined => {
    if (!offered) return undefined
    const { found, ...rest } = offered
    const addresses = addressesFor(own, found)
    return addresses.length > 0 ? { ...rest, addresses } : undefined
  }
  /** What was only heard again is no news. */
  const tellChange = () => {
    const found = types.flatMap((type) => station.found(type).map(({ heardMs: _heard, ...rest }) => rest))
    const now = JSON.stringify([found, station.telling(), own])
    if (now === told) return
    told = now
    onChange()
  }
  const enter = () => {
    const [first, ...others] = own
    trouble = first ? undefined : `the interface ${interfaceName} has no IPv4 address`
    if (!first) return
    const note = (reason: string | undefined) => void (trouble = reason)
    talk = startTalk({
      ...{ own: [first, ...others], types, clock, ttls, random, open },
      ...{ onStep: () => setImmediate(tellChange), onTrouble: note },
    })
    const service = serviceNow()
    if (service) talk.tell(service)
  }
  const watch = async () => {
    const now = addressesOf(interfaceName)
    if (!talk || JSON.stringify(now) !== JSON.stringify(own)) {
      const before = talk
      talk = undefined
      own = now
      await before?.stop()
      enter()
      tellChange()
    }
    if (!isStopped) cancelWatch = clock.after(watchMs, () => void (watching = watch()))
  }

  const station: Station = {
    offer: (offer) => {
      if (JSON.stringify(offer) === JSON.stringify(offered)) return
      const isRenamed = offer?.label !== offered?.label
      offered = offer
      if (isRenamed) talk?.tell(undefined)
      const service = serviceNow()
      if (service || talk?.told()) talk?.tell(service)
    },
    telling: () => {
      const state = talk?.told()
      if (!state) return undefined
      const { label, addresses } = state.service
      return { label, addresses, isTold: state.phase !== 'probing' }
    },
    found: (type) => talk?.found(type) ?? [],
    addresses: () => own,
    trouble: () => trouble,
    stop: async () => {
      isStopped = true
      cancelWatch()
      await watching
      await talk?.stop()
      talk = undefined
    },
  }
  let watching = watch()
  return station
}
