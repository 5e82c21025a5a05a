import type { Declaration, Description, NodeSpec, Timestamp } from '@bramble/contracts'
import fc from 'fast-check'
import { declareNode, managedField } from './declared-node.ts'
import { itemsOfDescription } from './items-of-description.ts'
import type { Item } from './items-of-description.ts'
import { changeOf, planDescription } from './plan-description.ts'
import type { DescriptionStep } from './plan-description.ts'

const at = '2026-01-01T00:00:00.000Z' as Timestamp
const declared = (item: Item, isNamed = true): Declaration => ({
  ...item,
  ...{ isNamed, revision: 1, createdAt: at, updatedAt: at },
})

/** What is there after the steps. */
function carriedOut(present: readonly Declaration[], steps: readonly DescriptionStep[]): Declaration[] {
  const byId = new Map(present.map((it) => [it.id, it]))
  for (const { id, item, before, verb } of steps) {
    if (verb === 'pruned') byId.delete(id)
    else byId.set(id, item ? declared(item) : { ...before!, isNamed: false })
  }
  return [...byId.values()]
}

const plan = (description: Description, present: readonly Declaration[] = [], prune = false) =>
  planDescription(itemsOfDescription(description), present, { prune })
const apply = (description: Description, present: readonly Declaration[] = [], prune = false) =>
  carriedOut(present, plan(description, present, prune))
const changes = (...given: Parameters<typeof plan>) => plan(...given).map(({ verb, id }) => `${verb} ${id}`)

const word = fc.constantFrom('a', 'b', 'c', 'd')
const labels = fc.dictionary(word, word, { maxKeys: 3 })
const descriptions: fc.Arbitrary<Description> = fc.record(
  {
    interface: fc.record({ name: word, site: word }),
    clusters: fc.dictionary(word, fc.record({ labels }, { requiredKeys: [] })),
    nodes: fc.dictionary(word, fc.record({ labels, model: word }, { requiredKeys: [] })),
    users: fc.dictionary(word, fc.record({ roles: fc.constant(['viewer' as const]) })),
  },
  { requiredKeys: [] },
)
/** The same with every map written the other way round. */
const reversed = <V>(value: V): V =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([key, inner]) => [key, reversed(inner)]),
      ) as V)
    : value

describe('a description', () => {
  it('is items, of a range one for each node with its MAC address', () => {
    const macs = ['0a:00:00:00:00:01', '0a:00:00:00:00:02']
    expect(itemsOfDescription({ nodes: { 'pi[1-2]': { macs, model: 'pi5' }, rack: { macs } } })).toEqual([
      { section: 'nodes', id: 'nodes.pi1', item: 'pi1', key: 'nodes.pi[1-2]', spec: { model: 'pi5', macs: [macs[0]] } },
      { section: 'nodes', id: 'nodes.pi2', item: 'pi2', key: 'nodes.pi[1-2]', spec: { model: 'pi5', macs: [macs[1]] } },
      { section: 'nodes', id: 'nodes.rack', item: 'rack', key: 'nodes.rack', spec: { macs } },
    ])
  })

  it('creates, updates, leaves and prunes', () => {
    const first = apply({ clusters: { a: {}, b: {} }, users: { bob: { roles: ['viewer'] } } })
    const second = { clusters: { a: { labels: { room: '1' } } }, nodes: { n: {} } }
    expect(changes(second, first)).toEqual([
      'updated clusters.a',
      'left clusters.b',
      'created nodes.n',
      'left users.bob',
    ])
    expect(changes(second, first, true)).toEqual([
      'updated clusters.a',
      'pruned clusters.b',
      'created nodes.n',
      'pruned users.bob',
    ])
    const left = apply(second, first)
    expect(changes(second, left)).toEqual([])
    expect(changes(second, left, true)).toEqual(['pruned clusters.b', 'pruned users.bob'])
    expect(changes({ clusters: { b: {} } }, left)).toContain('updated clusters.b')
  })

  it('applied twice changes nothing the second time, whatever was there and in whatever order it stands', () => {
    fc.assert(
      fc.property(descriptions, descriptions, fc.boolean(), (before, now, prune) => {
        const present = apply(now, apply(before), prune)
        expect(plan(now, present, prune)).toEqual([])
        expect(plan(reversed(now), present.toReversed(), prune)).toEqual([])
      }),
    )
  })

  it('is planned the same in any order', () => {
    fc.assert(
      fc.property(descriptions, descriptions, fc.boolean(), (before, now, prune) => {
        const present = apply(before)
        const forwards = plan(now, present, prune).map(changeOf)
        expect(plan(reversed(now), present.toReversed(), prune).map(changeOf)).toEqual(forwards)
      }),
    )
  })

  it('prunes what a description once made and this one does not name, and only when it is told to', () => {
    fc.assert(
      fc.property(fc.array(descriptions), descriptions, fc.boolean(), (before, now, prune) => {
        const present = before.reduce<Declaration[]>((all, description) => apply(description, all), [])
        const named = new Set(itemsOfDescription(now).map(({ id }) => id))
        const gone = present.map(({ id }) => id).filter((id) => !named.has(id))
        const pruned = plan(now, present, prune).filter(({ verb }) => verb === 'pruned')
        expect(pruned.map(({ id }) => id)).toEqual(prune ? gone.sort() : [])
      }),
    )
  })
})

describe('a node', () => {
  const node = (more: Record<string, string>) => ({ cluster: 'hand', labels: more })

  it('has what is said of it, and keeps what others said', () =>
    expect(declareNode(node({ a: '1', b: '1' }), { cluster: 'file', labels: { a: '2' } })).toEqual({
      cluster: 'file',
      labels: { a: '2', b: '1' },
    }))

  it('loses what is said no more, unless it was changed since', () =>
    expect(declareNode(node({ a: '1', b: 'other', c: '1' }), {}, { labels: { a: '1', b: '1' } })).toEqual(
      node({ b: 'other', c: '1' }),
    ))

  it('is the very same when nothing changes', () =>
    fc.assert(
      fc.property(labels, labels, labels, (own, before, now) => {
        const once = declareNode(node(own), { labels: now }, { labels: before })
        expect(declareNode(once, { labels: now }, { labels: now })).toBe(once)
        expect(declareNode(once, { labels: now }, { labels: before })).toBe(once)
      }),
    ))

  it.each<[NodeSpec, object, string | undefined]>([
    [{ cluster: 'a' }, { cluster: 'b' }, 'cluster'],
    [{ cluster: 'a' }, { cluster: 'a' }, undefined],
    [{ labels: { x: '1' } }, { labels: { x: '2' } }, 'labels.x'],
    [{ labels: { x: '1' } }, { labels: { x: null } }, 'labels.x'],
    [{ labels: { x: '1' } }, { labels: { x: '1', y: '2' } }, undefined],
    [{}, { cluster: 'b', labels: { x: '1' } }, undefined],
  ])('described as %j is not patched by %j: %s', (spec, patch, field) => expect(managedField(spec, patch)).toBe(field))
})
