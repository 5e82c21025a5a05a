import { defineRoute } from '../route.ts'
import { ApplyDescription, DescriptionChanges, ShownDescription } from '../v1/applied-description.ts'
import { Description } from '../v1/description.ts'
import { admins, readers } from '../v1/role.ts'

export const descriptionRoutes = {
  show: defineRoute({
    id: 'description.show',
    method: 'get',
    path: '/v1/description',
    summary: 'Show what was applied as the description of the testbed, and what it made',
    tag: 'description',
    roles: readers,
    status: 200,
    answer: ShownDescription,
  }),
  apply: defineRoute({
    id: 'description.apply',
    method: 'put',
    path: '/v1/description',
    summary: 'Make the testbed as described: what is named is created or updated, what is not is left alone',
    tag: 'description',
    roles: admins,
    query: ApplyDescription,
    body: Description,
    status: 200,
    answer: DescriptionChanges,
  }),
}
