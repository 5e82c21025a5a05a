// What the items of a description say of each other. It takes whatever was written, whether or not its shapes are right,
// so that an admin is told of all mistakes at once.
import { z } from 'zod'
import { parseNodeRange } from './node-range.ts'
import { builtinPolicies } from './policy.ts'

export interface DescriptionMistake {
  path: string[]
  message: string
}

const text = z.string().optional().catch(undefined)
const namesPolicy = z.object({ policy: text }).catch({ policy: undefined })
const links = z
  .object({
    clusters: z.record(z.string(), namesPolicy).catch({}),
    nodes: z
      .record(
        z.string(),
        z.object({ cluster: text, macs: z.array(z.string()).catch([]) }).catch({ macs: [], cluster: undefined }),
      )
      .catch({}),
    policies: z.record(z.string(), z.unknown()).catch({}),
    placement: namesPolicy,
  })
  .catch({ clusters: {}, nodes: {}, policies: {}, placement: { policy: undefined } })
type Links = z.infer<typeof links>

export const mistakesBetween = (written: unknown): DescriptionMistake[] => {
  const given = links.parse(written)
  return [...clusterMistakes(given), ...policyMistakes(given), ...nameMistakes(given), ...macMistakes(given)]
}

const clusterMistakes = ({ clusters, nodes }: Links): DescriptionMistake[] =>
  Object.entries(nodes)
    .filter(([, { cluster }]) => cluster !== undefined && !Object.hasOwn(clusters, cluster))
    .map(([key, { cluster }]) => ({ path: ['nodes', key, 'cluster'], message: `there is no cluster ${cluster}` }))

const policyMistakes = ({ clusters, policies, placement }: Links): DescriptionMistake[] => {
  const isKnown = (name: string) => builtinPolicies.some((it) => it === name) || Object.hasOwn(policies, name)
  const named = [
    { path: ['placement', 'policy'], policy: placement.policy },
    ...Object.entries(clusters).map(([name, { policy }]) => ({ path: ['clusters', name, 'policy'], policy })),
  ]
  const unknown = named.filter(({ policy }) => policy !== undefined && !isKnown(policy))
  const taken = builtinPolicies.filter((name) => Object.hasOwn(policies, name))
  return [
    ...unknown.map(({ path, policy }) => ({ path, message: `there is no policy ${policy}` })),
    ...taken.map((name) => ({ path: ['policies', name], message: 'is always there and cannot be changed' })),
  ]
}

/** A node in two ranges would have two clusters. */
const nameMistakes = ({ nodes }: Links): DescriptionMistake[] => {
  const keyOf = new Map<string, string>()
  const mistakes: DescriptionMistake[] = []
  for (const key of Object.keys(nodes)) {
    const twice = new Map<string, string>()
    for (const node of parseNodeRange(key) ?? []) {
      const before = keyOf.get(node)
      if (before !== undefined) twice.set(before, twice.get(before) ?? node)
      keyOf.set(node, key)
    }
    for (const [before, node] of twice)
      mistakes.push({ path: ['nodes', key], message: `${node} is there twice, also in ${before}` })
  }
  return mistakes
}

const macMistakes = ({ nodes }: Links): DescriptionMistake[] => {
  const keyOf = new Map<string, string>()
  return Object.entries(nodes).flatMap(([key, { macs }]) => {
    const path = ['nodes', key, 'macs']
    const count = parseNodeRange(key)?.length ?? 1
    const mistakes: DescriptionMistake[] = []
    if (count > 1 && macs.length > 0 && macs.length !== count)
      mistakes.push({ path, message: `${macs.length} MAC addresses for ${count} nodes: give one for each` })
    for (const [at, mac] of macs.entries()) {
      const before = keyOf.get(mac.toLowerCase())
      if (before !== undefined && before !== key)
        mistakes.push({ path: [...path, String(at)], message: `${mac} is that of ${before}` })
      keyOf.set(mac.toLowerCase(), key)
    }
    return mistakes
  })
}
