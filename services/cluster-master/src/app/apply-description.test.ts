import { newId } from '@bramble/contracts'
import type { Declaration, Description, NodeId } from '@bramble/contracts'
import { newNode } from '../domain/new-node.ts'
import { StoreUnavailableError } from '../store/errors.ts'
import type { Collection, Store } from '../store/store.ts'
import { makeMaster } from '../testing/make-master.ts'
import type { MadeMaster } from '../testing/make-master.ts'
import { applyDescription } from './apply-description.ts'

/** Fails the writes of declarations from the n-th on, until it is mended. */
const failingFrom = (n: number) => {
  let left = n
  const fail = () => {
    left -= 1
    if (left < 0) throw new StoreUnavailableError('gone')
  }
  const over = (store: Store): Store => {
    const inner = store.collection('declarations')
    const failing: Collection<Declaration> = {
      ...inner,
      insert: async (draft) => (fail(), inner.insert(draft)),
      replace: async (document) => (fail(), inner.replace(document)),
      remove: async (id) => (fail(), inner.remove(id)),
    }
    return {
      ...store,
      collection: ((name) => (name === 'declarations' ? failing : store.collection(name))) as Store['collection'],
    }
  }
  return { over, mend: () => void (left = Infinity) }
}

const before: Description = {
  nodes: { a: { labels: { shelf: '1', old: 'x' } }, b: { cluster: 'one' } },
  clusters: { one: {} },
  users: { eve: { roles: ['admin'] } },
}
const after: Description = { nodes: { a: { labels: { shelf: '2' }, cluster: 'two' } }, clusters: { two: {} } }

const apply = ({ master }: MadeMaster, description: Description) =>
  applyDescription(master, { description, by: 'tk', from: 'lab.yaml', prune: true, dryRun: false })

/** Two nodes and a token of a user, and on them the first description. */
async function bedOn(over: (store: Store) => Store): Promise<MadeMaster> {
  const made = await makeMaster(over)
  const { nodes, tokens } = made.master.records
  for (const id of ['a', 'b'] as NodeId[])
    await nodes.insert(newNode({ id, cluster: 'hand', labels: { own: id }, admission: 'approved' }))
  await tokens.insert({ id: newId('token'), name: 'eves', user: 'eve', roles: ['admin'], secretHash: 'x' })
  return made
}

const stateOf = ({ master: { records } }: MadeMaster) => ({
  nodes: Array.from(records.nodes.values(), ({ id, cluster, labels }) => ({ id, cluster, labels })),
  tokens: Array.from(records.tokens.values(), ({ name, roles }) => ({ name, roles })),
  declarations: Array.from(records.declarations.values(), ({ id, isNamed }) => ({ id, isNamed })).sort((x, y) =>
    x.id < y.id ? -1 : 1,
  ),
})

const whole = {
  nodes: [
    { id: 'a', cluster: 'two', labels: { own: 'a', shelf: '2' } },
    { id: 'b', cluster: 'one', labels: { own: 'b' } },
  ],
  tokens: [],
  declarations: [
    { id: 'clusters.two', isNamed: true },
    { id: 'nodes.a', isNamed: true },
  ],
}

it.each([4, 5, 6, 7, 8])('what was broken off at the %ith declaration is done by the next application', async (n) => {
  const { over, mend } = failingFrom(n)
  const bed = await bedOn(over)
  try {
    await apply(bed, before)
    await expect(apply(bed, after)).rejects.toThrow('gone')
    mend()
    expect((await apply(bed, after)).changes).not.toEqual([])
    expect(stateOf(bed)).toEqual(whole)
    expect((await apply(bed, after)).changes).toEqual([])
    expect((await bed.again()).records.declarations.size).toBe(2)
  } finally {
    await bed.stop()
  }
})
