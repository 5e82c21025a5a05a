import { z } from 'zod'
import { defineRoute } from '../route.ts'
import { OperationId } from '../v1/ids.ts'
import { Operation } from '../v1/operation.ts'
import { listQueryOf, pageOf } from '../v1/page.ts'
import { launchers, readers } from '../v1/role.ts'

const params = z.object({ operation: OperationId })
const wait = z
  .string()
  .regex(/^\d{1,3}(ms|s)$/)
  .optional()
  .meta({ description: 'answer when it ends or after this long, `30s` (at most 60s)' })

export const operationRoutes = {
  list: defineRoute({
    id: 'operations.list',
    method: 'get',
    path: '/v1/operations',
    summary: 'List operations, newest last',
    tag: 'operations',
    roles: readers,
    query: listQueryOf(Operation),
    status: 200,
    answer: pageOf(Operation),
  }),
  show: defineRoute({
    id: 'operations.show',
    method: 'get',
    path: '/v1/operations/:operation',
    summary: 'Show one operation, waiting for its end if asked to',
    tag: 'operations',
    roles: readers,
    params,
    query: z.object({ wait }).strict(),
    status: 200,
    answer: Operation,
  }),
  cancel: defineRoute({
    id: 'operations.cancel',
    method: 'delete',
    path: '/v1/operations/:operation',
    summary: 'Cancel an operation; what it half did is undone',
    tag: 'operations',
    roles: launchers,
    params,
    status: 202,
    answer: Operation,
  }),
}
