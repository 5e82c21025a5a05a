import { newId } from '@bramble/contracts'
import type { Instance, NodeId } from '@bramble/contracts'
import { QueryError } from './errors.ts'
import { sampleInstance } from './store-samples.ts'
import type { Find, Store } from './store.ts'

/** The part of the store's contract that is about find(). */
export function findContract(current: () => Store): void {
  describe('find()', () => {
    const instances = () => current().collection('instances')
    let inserted = 0
    const insertNamed = (name: string, node = 'pi-01') =>
      instances().insert(sampleInstance({ id: newId('instance', (inserted += 1)), name, node: node as NodeId }))
    const namesOf = (items: Instance[]) => items.map(({ name }) => name)

    /** All pages, `between` called after each. */
    const readPages = async (query: Find<Instance>, between: () => Promise<unknown> = async () => {}) => {
      const names: string[] = []
      for (let cursor: string | undefined; ; await between()) {
        const page = await instances().find({ ...query, ...(cursor && { cursor }) })
        expect(page.items.length).toBeLessThanOrEqual(query.limit)
        names.push(...namesOf(page.items))
        cursor = page.nextCursor
        if (cursor === undefined) return names
      }
    }

    it('answers by declared fields, one and several', async () => {
      await insertNamed('a', 'pi-01')
      await insertNamed('b', 'pi-02')
      const c = await insertNamed('c', 'pi-02')
      await instances().replace({ ...c, status: { ...c.status, phase: 'running' } })
      expect(namesOf(await instances().all({ node: 'pi-02' }))).toEqual(['b', 'c'])
      expect(namesOf(await instances().all({ node: 'pi-02', 'status.phase': 'running' }))).toEqual(['c'])
      expect(namesOf(await instances().all({ node: 'pi-03' }))).toEqual([])
      expect(namesOf(await instances().all({ node: 'pi-01', 'status.phase': undefined }))).toEqual(['a'])
    })

    it('refuses a field that is not declared, which would read the whole collection', async () => {
      await expect(instances().all({ operation: 'op-1' })).rejects.toThrow('instances.operation is not declared')
    })

    it('keeps what `keep` says and still fills the page', async () => {
      for (const name of ['a', 'b', 'c', 'd', 'e']) await insertNamed(name)
      const keep = ({ name }: Instance) => name !== 'b' && name !== 'c'
      const { items, nextCursor } = await instances().find({ keep, limit: 2 })
      expect(namesOf(items)).toEqual(['a', 'd'])
      expect(nextCursor).toBeDefined()
      expect(await readPages({ keep, limit: 3 })).toEqual(['a', 'd', 'e'])
    })

    it.each([
      { sort: undefined, expected: ['d', 'a', 'c', 'b'] },
      { sort: { field: 'name', descending: false }, expected: ['a', 'b', 'c', 'd'] },
      { sort: { field: 'name', descending: true }, expected: ['d', 'c', 'b', 'a'] },
      { sort: { field: 'node', descending: false }, expected: ['a', 'c', 'd', 'b'] },
      { sort: { field: 'node', descending: true }, expected: ['b', 'd', 'c', 'a'] },
    ])('sorts by $sort, equal ones by id, in pages of any size', async ({ sort, expected }) => {
      await insertNamed('d', 'pi-02')
      await insertNamed('a', 'pi-01')
      await insertNamed('c', 'pi-01')
      await insertNamed('b', 'pi-03')
      for (const limit of [1, 2, 3, 4, 100]) {
        expect(await readPages({ limit, ...(sort && { sort }) })).toEqual(expected)
      }
    })

    it('has a place for documents without the field', async () => {
      const [a, b] = [await insertNamed('a'), await insertNamed('b')]
      await instances().replace({ ...a, status: { ...a.status, detail: 'booting' } })
      const sort = { field: 'status.detail', descending: false }
      expect(await readPages({ sort, limit: 1 })).toEqual([b.name, a.name])
    })

    it('shows each document once while others come and go between the pages', async () => {
      for (const name of ['b', 'd', 'f', 'h', 'j']) await insertNamed(name)
      const coming = ['a', 'i']
      const between = async () => {
        const name = coming.shift()
        if (name) await insertNamed(name)
      }
      const sort = { field: 'name', descending: false }
      expect(await readPages({ sort, limit: 2 }, between)).toEqual(['b', 'd', 'f', 'h', 'i', 'j'])
    })

    it.each(['x', 'bm90IGpzb24', ''])('refuses the cursor %p', async (cursor) => {
      await expect(instances().find({ cursor, limit: 1 })).rejects.toThrow(QueryError)
    })

    it.each(['..', 'name) --', "'"])('refuses to sort by %p', async (field) => {
      const sort = { field, descending: false }
      await expect(instances().find({ sort, limit: 1 })).rejects.toThrow(QueryError)
    })
  })
}
