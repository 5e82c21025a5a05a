import type { Node, NodeSpec, UpdateNode } from '@bramble/contracts'
import { canonicalText } from './canonical-text.ts'

type Declarable = Pick<Node, 'cluster' | 'labels'>

/**
 * A node as the description has it. What was said before and is no more is taken away, unless it was changed since; what
 * others said of it stays. The very same when nothing is to be changed.
 */
export function declareNode<N extends Declarable>(node: N, now: NodeSpec = {}, before: NodeSpec = {}): N {
  const isOld = ([label, value]: [string, string]) => before.labels?.[label] === value
  const kept = Object.entries(node.labels).filter((entry) => !isOld(entry))
  const labels = { ...Object.fromEntries(kept), ...now.labels }
  const cluster = now.cluster ?? node.cluster
  const isSame = cluster === node.cluster && canonicalText(labels) === canonicalText(node.labels)
  return isSame ? node : { ...node, cluster, labels }
}

/** The field of a patch, `labels.shelf`, that would change what the description says of a node. */
export function managedField({ cluster, labels = {} }: NodeSpec, patch: UpdateNode): string | undefined {
  if (cluster !== undefined && patch.cluster !== undefined && patch.cluster !== cluster) return 'cluster'
  const label = Object.keys(labels).find((name) => {
    const patched = patch.labels?.[name]
    return patched !== undefined && patched !== labels[name]
  })
  return label === undefined ? undefined : `labels.${label}`
}
