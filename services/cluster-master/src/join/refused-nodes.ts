import { isDeepStrictEqual } from 'node:util'
import { canNode } from '@bramble/contracts'
import type { Node, NodeId, RefusedNode } from '@bramble/contracts'

/**
 * Hosts whose certificates are not to be accepted, though they have not expired: of nodes that are not approved yet, and
 * of hosts that were retired. All nodes are told of them, so the list is kept ready and not made for each.
 */
export interface RefusedNodes {
  /** In one order always; undefined when there is none. */
  list(): RefusedNode[] | undefined
  /** Returns whether the list is another one. */
  changed(before: Node | undefined, after: Node | undefined): boolean
}

export function createRefusedNodes(): RefusedNodes {
  const byNode = new Map<NodeId, RefusedNode[]>()
  let listed: RefusedNode[] | undefined
  return {
    list: () => {
      listed ??= [...byNode.values()].flat().toSorted(byNodeAndKey)
      return listed.length > 0 ? listed : undefined
    },
    changed: (before, after) => {
      const refused = refusedOf(after)
      const id = (after ?? before)?.id
      if (id === undefined || isDeepStrictEqual(refused, refusedOf(before))) return false
      if (refused.length > 0) byNode.set(id, refused)
      else byNode.delete(id)
      listed = undefined
      return true
    },
  }
}

function refusedOf(node: Node | undefined): RefusedNode[] {
  if (!node) return []
  const { id, identity, admission, refusedKeys = [] } = node
  const present = identity && !canNode('serve', admission) ? [identity] : []
  return [...present, ...refusedKeys].map(({ key }) => ({ node: id, key }))
}

const byNodeAndKey = (a: RefusedNode, b: RefusedNode) => compare(a.node, b.node) || compare(a.key, b.key)
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
