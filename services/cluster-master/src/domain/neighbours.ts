// Which nodes a node may take images from, so that a shelf of hosts which all want one base does not queue at the master.
import type { DesiredInstance, Digest, HostFacts, Neighbour, NodeId } from '@bramble/contracts'

/** A node as a giver of images, and as a taker. */
export interface Sharer {
  id: NodeId
  cluster: string
  liveness: 'ready' | 'suspect' | 'lost'
  /** Digests of the bases and overlays that it has. */
  cached: ReadonlySet<Digest>
  /** Where others take them from; absent where it does not share. */
  sharesAt?: string | undefined
}

/** More are not tried before the master is. */
export const mostNeighbours = 4

/** A node shares real images, with who knows it by its certificate. */
export const sharesAt = (host: HostFacts | undefined): string | undefined =>
  host?.driver === 'libvirt' && host.listenerUrl.startsWith('https:') ? host.listenerUrl : undefined

/**
 * Ready nodes of its cluster that have what the node's instances start from and it lacks: those with most of it first.
 * Among equals each node asks others first, so that they do not all ask the same one.
 */
export function chooseNeighbours(
  node: Sharer,
  instances: readonly Pick<DesiredInstance, 'source'>[],
  nodes: Iterable<Sharer>,
): Neighbour[] {
  if (node.sharesAt === undefined) return []
  const lacking = lackingOf(node, instances)
  if (lacking.length === 0) return []
  const givers = [...nodes].flatMap((other) => {
    const has = lacking.filter((digest) => other.cached.has(digest)).length
    const mayGive = other.id !== node.id && other.cluster === node.cluster && other.liveness === 'ready'
    if (has === 0 || !mayGive || other.sharesAt === undefined) return []
    return { neighbour: { node: other.id, url: other.sharesAt }, has, turn: turnOf(`${node.id} ${other.id}`) }
  })
  return givers
    .toSorted((a, b) => b.has - a.has || a.turn - b.turn)
    .slice(0, mostNeighbours)
    .map(({ neighbour }) => neighbour)
}

function lackingOf({ cached }: Sharer, instances: readonly Pick<DesiredInstance, 'source'>[]): Digest[] {
  const needed = new Set<Digest>()
  for (const { source } of instances) {
    if (source.kind !== 'synthesis') continue
    needed.add(source.base)
    if (source.overlay !== undefined) needed.add(source.overlay)
  }
  return [...needed].filter((digest) => !cached.has(digest))
}

/** A number that looks random and is always the same for a text (FNV-1a, 32 bits, its high bits mixed into the rest). */
function turnOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0
}
