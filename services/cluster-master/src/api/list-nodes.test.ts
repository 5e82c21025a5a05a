import type { ListQuery, Node, NodeId, Page } from '@bramble/contracts'
import { JsonBytes } from '@bramble/kit'
import { registerNode } from '../app/register-node.ts'
import { createNodeBytes } from '../fleet/node-bytes.ts'
import { projectNode } from '../fleet/project.ts'
import { makeMaster } from '../testing/make-master.ts'
import type { MadeMaster } from '../testing/make-master.ts'
import { listNodes } from './list-nodes.ts'

let made: MadeMaster
let list: (query?: Partial<ListQuery>) => Page<Node>

beforeEach(async () => {
  made = await makeMaster()
  const bytesOf = createNodeBytes(made.master.fleet)
  list = (query) => read(listNodes(made.master, { limit: 100, ...query }, bytesOf))
})
afterEach(() => made.stop())

const read = (answer: ReturnType<typeof listNodes>): Page<Node> =>
  answer instanceof JsonBytes ? (JSON.parse(answer.bytes.toString()) as Page<Node>) : answer
const register = (id: string) => registerNode(made.master, { id: id as NodeId, cluster: 'a' })
const idsOf = ({ items }: Page<Node>) => items.map(({ id }) => id)

it('gives every node once, in order, however small the pages are', async () => {
  expect(list()).toEqual({ items: [] })
  for (const id of ['c', 'a', 'e', 'b', 'd']) await register(id)
  for (const limit of [1, 2, 3, 5, 6]) {
    const seen: string[] = []
    for (let page = list({ limit }); ; page = list({ limit, cursor: page.nextCursor! })) {
      seen.push(...idsOf(page))
      if (page.nextCursor === undefined) break
    }
    expect(seen).toEqual(['a', 'b', 'c', 'd', 'e'])
  }
})

it('goes on behind a node that is gone, and with one that has come', async () => {
  for (const id of ['a', 'c', 'd']) await register(id)
  const { nextCursor } = list({ limit: 2 })
  await made.master.records.nodes.remove('c')
  await register('cc')
  expect(idsOf(list({ cursor: nextCursor! }))).toEqual(['cc', 'd'])
})

it('gives the same page whether it is in order of ids by itself or by wish', async () => {
  for (const id of ['b', 'a', 'c']) await register(id)
  const plain = list({ limit: 2 })
  expect(list({ limit: 2, sort: 'cluster' }).items).toEqual(plain.items)
  expect(list({ limit: 2, filter: 'cluster=a' })).toEqual(plain)
})

it('shows each change of a node', async () => {
  const id = 'a' as NodeId
  await register(id)
  const { fleet, records, clock } = made.master
  const shows = () =>
    expect(list().items).toEqual([JSON.parse(JSON.stringify(projectNode(fleet, records.nodes.get(id)!)))])
  const instance = { id: 'in-1', name: 'one', node: id, publish: [], reserved: { memoryBytes: 5, cpus: 1 } }
  const accepted = { ...instance, status: { phase: 'pending', forwards: [] } } as unknown as Parameters<
    typeof fleet.hold
  >[0]
  const report = (troubles: string[] | undefined) =>
    fleet.report(id, {
      ...{ heardAtMs: 1, heard: { session: 's', sequence: 1 }, lastSeenAt: clock.now(), obeys: undefined },
      ...{ clockAheadMs: 0, conflict: undefined, troubles, free: { memoryBytes: 1, diskBytes: 1 } },
      ...{ cached: new Set(), cachedBases: [], cachedOverlays: [], told: [], observed: new Map() },
    })
  const changes = [
    () => records.nodes.update(id, (node) => ({ ...node, cluster: 'b' })),
    () => report(undefined),
    () => report(['no broker']),
    () => fleet.hold(accepted),
    () => fleet.hold({ ...accepted, reserved: { memoryBytes: 6, cpus: 1 } }),
    () => fleet.hold({ ...accepted, reserved: { memoryBytes: 6, cpus: 2 } }),
    () => fleet.release(accepted.id),
    () => void (fleet.node(id)!.frozen = 'most are silent'),
    () => fleet.forgetReports(id),
  ]
  for (const change of changes) {
    const before = list()
    await change()
    expect(list()).not.toEqual(before)
    shows()
  }
})
