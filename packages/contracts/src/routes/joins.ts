import { defineRoute } from '../route.ts'
import { JoinedNode, JoinRequest } from '../v1/join.ts'

export const joinRoutes = {
  create: defineRoute({
    id: 'joins.create',
    method: 'post',
    path: '/v1/joins',
    summary: 'Join as a node; the join token in the body is all that is asked for',
    tag: 'joins',
    roles: 'public',
    body: JoinRequest,
    status: 201,
    answer: JoinedNode,
  }),
}
