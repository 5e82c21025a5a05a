import { parseNodeRange } from '@bramble/contracts'
import type { Declared, Description, NodeSpec } from '@bramble/contracts'

/** What a description says of one thing; of a range of nodes each has its own. */
export type Item = Declared & { id: string; item: string; key: string }

export function itemsOfDescription(description: Description): Item[] {
  const { interface: lan, clusters = {}, nodes = {}, policies = {}, placement, users = {} } = description
  return [
    ...(lan ? [alone({ section: 'interface', spec: lan })] : []),
    ...Object.entries(clusters).map(([name, spec]) => named(name, { section: 'clusters', spec })),
    ...Object.entries(nodes).flatMap(([range, spec]) => nodesOf(range, spec)),
    ...Object.entries(policies).map(([name, spec]) => named(name, { section: 'policies', spec })),
    ...(placement ? [alone({ section: 'placement', spec: placement })] : []),
    ...Object.entries(users).map(([name, spec]) => named(name, { section: 'users', spec })),
  ]
}

const alone = (declared: Declared): Item => ({ ...declared, id: declared.section, item: '', key: declared.section })

/** The id comes of the name, so that the same item always meets the same document. */
const named = (item: string, declared: Declared, key = item): Item => ({
  ...declared,
  id: `${declared.section}.${item}`,
  item,
  key: `${declared.section}.${key}`,
})

function nodesOf(range: string, { macs, ...rest }: NodeSpec): Item[] {
  const names = parseNodeRange(range) ?? []
  const macsOf = (at: number) => (names.length === 1 ? macs : macs?.slice(at, at + 1))
  return names.map((name, at) => {
    const own = macsOf(at)
    return named(name, { section: 'nodes', spec: { ...rest, ...(own && { macs: own }) } }, range)
  })
}
