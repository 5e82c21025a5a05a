// What was found on the interfaces of this host, as it is reported: what is seen from several of them is one.
import type { AgentSighting, CloudletSighting, Timestamp } from '@bramble/contracts'
import type { FoundService } from '@bramble/mdns'

/** When something was, of which a monotonic clock told the milliseconds. */
export type ToTime = (monotonicMs: number) => Timestamp

/** In the order of their names. */
export function mergeFound(found: readonly FoundService[]): FoundService[] {
  const byName = new Map<string, FoundService>()
  for (const service of found) {
    const name = service.label.toLowerCase()
    const known = byName.get(name)
    byName.set(name, known ? mergeTwo(known, service) : service)
  }
  return [...byName.values()].toSorted((a, b) => (a.label < b.label ? -1 : 1))
}

/** The one that was heard last counts, with the addresses of both. */
function mergeTwo(a: FoundService, b: FoundService): FoundService {
  const [newer, older] = a.heardMs >= b.heardMs ? [a, b] : [b, a]
  const addresses = [...new Set([...newer.addresses, ...older.addresses])].toSorted()
  return { ...newer, addresses, firstMs: Math.min(a.firstMs, b.firstMs) }
}

export function cloudletSighting(found: FoundService, toTime: ToTime): CloudletSighting {
  const { path, encryption: told, services } = found.txt
  const encryption = told === 'none' || told === 'tls' ? told : 'unknown'
  return {
    ...sightingOf(found, toTime),
    ...(encryption !== 'unknown' && { url: urlOf(found, encryption) }),
    ...(path !== undefined && { path }),
    encryption,
    ...(services !== undefined && { services }),
  }
}

export function agentSighting(found: FoundService, toTime: ToTime): AgentSighting {
  const { arch } = found.txt
  return { ...sightingOf(found, toTime), ...(arch !== undefined && { arch }) }
}

function sightingOf({ label, addresses, port, txt: { version }, firstMs, heardMs }: FoundService, toTime: ToTime) {
  return {
    ...{ id: label, addresses, port },
    ...(version !== undefined && { version }),
    ...{ firstSeenAt: toTime(firstMs), lastSeenAt: toTime(heardMs) },
  }
}

const urlOf = ({ addresses, port }: FoundService, encryption: 'none' | 'tls') =>
  `${encryption === 'tls' ? 'https' : 'http'}://${addresses[0]}:${port}`
