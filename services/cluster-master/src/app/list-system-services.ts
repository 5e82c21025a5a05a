// Every service that the cloudlet is made of, for people who look after it. A new kind of service is one more function
// in `sources`.
import { hostname } from 'node:os'
import type { Health, Node, SystemService } from '@bramble/contracts'
import type { Software } from '@bramble/kit'
import { projectNode } from '../fleet/project.ts'
import type { Master } from '../master.ts'
import { version } from '../version.ts'

type Checks = Health['checks']
type Source = (master: Master, checks: Checks) => SystemService[] | Promise<SystemService[]>

const sources: Source[] = [ownService, store, bus, nodeAgents]

export async function listSystemServices(master: Master, { checks }: Health): Promise<SystemService[]> {
  return (await Promise.all(sources.map((list) => list(master, checks)))).flat()
}

/** It answers; whether it may act is another question. */
function ownService({ clock }: Master, checks: Checks): SystemService[] {
  const failed = Object.entries(checks).filter(([, { ok }]) => !ok)
  const detail = failed.map(([name, check]) => `${name}: ${check.detail}`).join('; ')
  return [
    {
      ...{ name: 'cluster-master', kind: 'cluster-master', host: hostname(), product: 'Bramble', version },
      state: failed.length === 0 ? 'ready' : 'degraded',
      ...(detail && { detail }),
      lastSeenAt: clock.now(),
    },
  ]
}

async function store(master: Master, { store: check }: Checks): Promise<SystemService[]> {
  const about = await master.store.about().catch(() => undefined)
  return [dependency(master, { kind: 'store', about, check })]
}

function bus(master: Master, { bus: check }: Checks): SystemService[] {
  return [dependency(master, { kind: 'bus', about: master.bus.about(), check })]
}

interface Dependency {
  kind: 'store' | 'bus'
  about: Software | undefined
  check: Checks[string] | undefined
}

function dependency({ clock }: Master, { kind, about, check }: Dependency): SystemService {
  const lastSeenAt = check?.lastOkAt ?? (check?.ok ? clock.now() : undefined)
  return {
    ...{ name: kind, kind },
    host: about ? (about.host ?? hostname()) : '',
    product: about?.product ?? '',
    ...(about?.version && { version: about.version }),
    state: check?.ok ? 'ready' : 'down',
    ...(check?.detail && { detail: check.detail }),
    ...(lastSeenAt && { lastSeenAt }),
  }
}

/** Of the nodes that are to be there. */
function nodeAgents({ fleet, records }: Master): SystemService[] {
  const there = [...records.nodes.values()].filter(({ admission }) => admission !== 'retired')
  return there.map((node) => nodeAgent(projectNode(fleet, node)))
}

function nodeAgent({ id, host, liveness, lastSeenAt, frozen, troubles = [] }: Node): SystemService {
  const detail = [...(frozen ? [frozen] : []), ...troubles].join('; ')
  return {
    ...{ name: `node-agent/${id}`, kind: 'node-agent', host: host?.hostname ?? '', product: 'Bramble' },
    ...(host && { version: host.agentVersion }),
    state: liveness === 'ready' && troubles.length > 0 ? 'degraded' : liveness,
    ...(detail && { detail }),
    ...(lastSeenAt && { lastSeenAt }),
  }
}
