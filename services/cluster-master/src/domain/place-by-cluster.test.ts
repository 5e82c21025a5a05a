import type { Declaration, NodeId, Timestamp } from '@bramble/contracts'
import { sampleHost } from '../testing/samples.ts'
import { chosenPolicies } from './chosen-policies.ts'
import { itemsOfDescription } from './items-of-description.ts'
import { placeByCluster } from './place-by-cluster.ts'
import type { Wanted } from './place-filters.ts'
import { roomHostOf } from './room.ts'
import type { Room } from './room.ts'
import { keepRooms } from './rooms.ts'

const GiB = 2 ** 30
const at = '2026-01-01T00:00:00.000Z' as Timestamp
const host = roomHostOf({ ...sampleHost, cpus: 4, memoryBytes: 8 * GiB })
const amount = { memoryBytes: GiB, cpus: 1 }
const wanted: Wanted = { reserve: amount, ideal: amount, memoryBytes: GiB, machine: {}, publish: [], files: [] }

/** A node of a cluster, with so many GiB reserved. */
const room = (cluster: string, name: string, reservedGiB: number): Room => ({
  ...{
    id: name as NodeId,
    cluster,
    admission: 'approved',
    liveness: 'ready',
    host,
    ports: new Map(),
    cached: new Set(),
  },
  reserved: { memoryBytes: reservedGiB * GiB, cpus: 0 },
})

/** What a description with these policies of clusters, and this default, chooses. */
const choose = (clusters: Record<string, string>, standard?: string) => {
  const items = itemsOfDescription({
    policies: { first: { scores: ['fits-ideal'] }, blind: { filters: [], scores: ['least-reserved'] } },
    clusters: Object.fromEntries(Object.entries(clusters).map(([name, policy]) => [name, { policy }])),
    ...(standard !== undefined && { placement: { policy: standard } }),
  })
  const stored = { isNamed: true, revision: 1, createdAt: at, updatedAt: at }
  const declarations = items.map((item): Declaration => ({ ...item, ...stored }))
  return { ...chosenPolicies(declarations, 'least-reserved'), context: { cpuOvercommit: 2 } }
}

const rooms = [room('a', 'a1', 3), room('a', 'a2', 1), room('b', 'b1', 2), room('b', 'b2', 0)]

it.each<[string, Record<string, string>, string | undefined, string]>([
  ['the setting, when nothing is described', {}, undefined, 'b2'],
  ['the default', {}, 'first', 'a1'],
  ['that of the cluster within it, and the default between clusters', { b: 'first' }, undefined, 'a2'],
  ['those of all clusters', { a: 'first', b: 'first' }, undefined, 'b1'],
  ['the setting, where one is named that was pruned', { b: 'gone' }, 'gone', 'b2'],
])('what decides is %s', (_what, clusters, standard, node) =>
  expect(placeByCluster(wanted, keepRooms(rooms), choose(clusters, standard))).toEqual({ kind: 'placed', node }),
)

it('a cluster whose nodes are all full leaves it to the others; none tells why for each node', () => {
  const full = [room('a', 'a1', 8), room('b', 'b1', 8)]
  const chosen = choose({ a: 'first', b: 'least-reserved' })
  expect(placeByCluster(wanted, keepRooms([...full, room('b', 'b2', 7)]), chosen)).toEqual({
    kind: 'placed',
    node: 'b2',
  })
  const refused = placeByCluster(wanted, keepRooms(full), chosen)
  expect(refused.kind === 'refused' && refused.rejections.map(({ node }) => node)).toEqual(['a1', 'b1'])
  expect(placeByCluster(wanted, keepRooms(full), choose({ a: 'blind' }))).toEqual({ kind: 'placed', node: 'a1' })
})
