// Tells the named interfaces of the cloudlet, and the master of what is found there. What it was last told is not kept:
// after a restart the network hears of the cloudlet once the master has sent its document again, which a report without
// `obeys` makes it do.
import { randomBytes } from 'node:crypto'
import { compareRevisions, DesiredDiscovery, heartbeatMs, receiverKey } from '@bramble/contracts'
import type { ReportDiscovery, SiteId } from '@bramble/contracts'
import { addMs, createTaskSet } from '@bramble/kit'
import type { Bus, Clock, Delivery, Logger, Subscription, TaskDefinition } from '@bramble/kit'
import { offerOf } from './domain/offer.ts'
import { agentSighting, cloudletSighting } from './domain/sightings.ts'
import { findAddresses } from './find-addresses.ts'
import { startStations } from './stations.ts'
import type { Stations, StationsOptions } from './stations.ts'

export interface DiscoveryParts extends Omit<StationsOptions, 'onChange'> {
  site: SiteId
  /** What the cloudlet would like to be called. */
  name: string
  /** Where clients reach the API, when that is not where the master says that it is. */
  advertisedAddress?: string | undefined
  bus: Bus
  logger: Logger
}

export interface Discovery {
  announced: Stations['announced']
  /** Says goodbye to the network. */
  stop(): Promise<void>
}

/** News of the network come in bursts. */
const reportIntervalMs = 500
const tellAgainMs = 30_000

export function startDiscovery(parts: DiscoveryParts): Discovery {
  const { bus, clock, logger, site } = parts
  const tasks = createTaskSet({ logger, clock })
  let desired: DesiredDiscovery | undefined
  let reportSoon = () => {}
  const stations = startStations({ ...parts, onChange: () => reportSoon() })

  const tell: TaskDefinition = {
    name: 'tell-network',
    periodMs: tellAgainMs,
    run: async () => {
      if (!desired) return
      const { cloudlet } = desired
      const { advertisedAddress, name: label } = parts
      const found = advertisedAddress === undefined ? await findAddresses(cloudlet.url) : [advertisedAddress]
      stations.offer(offerOf(cloudlet, { label, found }))
    },
  }
  const tellSoon = tasks.add(tell)
  const accept = ({ body }: Delivery) => {
    const document = DesiredDiscovery.parse(body)
    if (document.site !== site) throw new Error(`a desired document for ${document.site} came to ${site}`)
    if (desired && compareRevisions(document.revision, desired.revision) <= 0) return
    desired = document
    tellSoon()
    reportSoon()
  }
  const inbox = subscribe(bus, { site, accept })
  tasks.add(inbox)
  const report = createReport(clock, () => ({ site, stations, desired }))
  reportSoon = tasks.add({
    ...{ name: 'report', periodMs: heartbeatMs, minIntervalMs: reportIntervalMs },
    run: () => bus.publishReport(receiverKey('discovery', site), report()),
  })
  tasks.start()
  return {
    announced: stations.announced,
    stop: async () => {
      await stations.stop()
      await tasks.stop()
      await inbox.stop()
    },
  }
}

/** Where the bus is down at first, subscribing is tried again. */
function subscribe(bus: Bus, { site, accept }: { site: SiteId; accept: (delivery: Delivery) => void }) {
  let subscription: Subscription | undefined
  return {
    name: 'inbox',
    periodMs: 60_000,
    run: async () => {
      subscription ??= await bus.subscribeDesired(receiverKey('discovery', site), accept)
    },
    stop: async () => subscription?.stop(),
  }
}

interface Present {
  site: SiteId
  stations: Stations
  desired: DesiredDiscovery | undefined
}

function createReport(clock: Clock, presentOf: () => Present): () => ReportDiscovery {
  const session = randomBytes(8).toString('hex')
  let sequence = 0
  return () => {
    const { site, stations, desired } = presentOf()
    const [at, nowMs] = [clock.now(), clock.monotonicMs()]
    const toTime = (monotonicMs: number) => addMs(at, Math.round(monotonicMs - nowMs))
    return {
      ...{ type: 'report.discovery.v1', site, at, session, sequence: ++sequence },
      ...(desired && { obeys: desired.revision }),
      announced: stations.announced(),
      cloudlets: stations.found('cloudlets').map((it) => cloudletSighting(it, toTime)),
      agents: stations.found('agents').map((it) => agentSighting(it, toTime)),
    }
  }
}
