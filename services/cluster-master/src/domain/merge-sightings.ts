import type {
  AgentSighting,
  CloudletSighting,
  ReportDiscovery,
  SeenCloudlet,
  SeenNode,
  SiteId,
} from '@bramble/contracts'

type Report = Pick<ReportDiscovery, 'site' | 'cloudlets' | 'agents'>

/** What several sites see of one name is one thing, in the order of names. */
export const mergeCloudlets = (reports: readonly Report[]): SeenCloudlet[] =>
  merge(reports.flatMap(({ site, cloudlets }) => cloudlets.map((it) => ({ ...it, sites: [site] }))))

export const mergeAgents = (reports: readonly Report[]): SeenNode[] =>
  merge(reports.flatMap(({ site, agents }) => agents.map((it) => ({ ...it, sites: [site] }))))

type Seen = (CloudletSighting | AgentSighting) & { sites: SiteId[] }

function merge<S extends Seen>(seen: readonly S[]): S[] {
  const byName = new Map<string, S>()
  for (const one of seen) {
    const known = byName.get(one.id)
    byName.set(one.id, known ? { ...newer(known, one), ...unionOf(known, one) } : one)
  }
  return [...byName.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

/** The one that was heard last counts. */
const newer = <S extends Seen>(a: S, b: S): S => (a.lastSeenAt >= b.lastSeenAt ? a : b)

const unionOf = (a: Seen, b: Seen) => ({
  addresses: [...new Set([...a.addresses, ...b.addresses])].toSorted(),
  firstSeenAt: a.firstSeenAt < b.firstSeenAt ? a.firstSeenAt : b.firstSeenAt,
  sites: [...new Set([...a.sites, ...b.sites])].toSorted(),
})
