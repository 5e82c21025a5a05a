import fc from 'fast-check'
import type { ListQuery } from '@bramble/contracts'
import { listShown } from './list-shown.ts'

const shown = fc.uniqueArray(
  fc.record({
    id: fc.string({ minLength: 1 }),
    instances: fc.option(fc.oneof(fc.nat(3), fc.constantFrom('a', 'b')), { nil: undefined }),
  }),
  { selector: ({ id }) => id },
)
const query = (more: Partial<ListQuery>): ListQuery => ({ limit: 100, ...more })

it('gives every item once, in order, however small the pages are', () => {
  fc.assert(
    fc.property(
      shown,
      fc.integer({ min: 1, max: 4 }),
      fc.constantFrom('instances', '-instances'),
      (all, limit, sort) => {
        const whole = listShown(all, query({ sort })).items
        const pages: typeof all = []
        for (let cursor: string | undefined, isMore = true; isMore;) {
          const page = listShown(all, query({ sort, limit, ...(cursor !== undefined && { cursor }) }))
          pages.push(...page.items)
          cursor = page.nextCursor
          isMore = cursor !== undefined
        }
        expect(pages).toEqual(whole)
        expect(new Set(whole)).toEqual(new Set(all))
      },
    ),
  )
})

it('orders numbers as numbers, then texts; what is missing comes between', () => {
  const all = [10, 'x', 9, undefined].map((instances, at) => ({ id: `n${at}`, reserved: { cpus: instances } }))
  const ids = (sort: string) => listShown(all, query({ sort })).items.map(({ id }) => id)
  expect(ids('reserved.cpus')).toEqual(['n2', 'n0', 'n3', 'n1'])
  expect(ids('-reserved.cpus')).toEqual(['n1', 'n3', 'n0', 'n2'])
  expect(ids('nothing')).toEqual(['n0', 'n1', 'n2', 'n3'])
})
