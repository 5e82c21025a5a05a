import { z } from 'zod'
import { defineRoute } from '../route.ts'
import { Base, CreateBase } from '../v1/base.ts'
import { Operation } from '../v1/operation.ts'
import { listQueryOf, pageOf } from '../v1/page.ts'
import { operators, readers } from '../v1/role.ts'

const params = z.object({ base: z.string().meta({ description: 'name or id' }) })

export const baseRoutes = {
  list: defineRoute({
    id: 'bases.list',
    method: 'get',
    path: '/v1/bases',
    summary: 'List the bases',
    tag: 'bases',
    roles: readers,
    query: listQueryOf(Base),
    status: 200,
    answer: pageOf(Base),
  }),
  show: defineRoute({
    id: 'bases.show',
    method: 'get',
    path: '/v1/bases/:base',
    summary: 'Show one base',
    tag: 'bases',
    roles: readers,
    params,
    status: 200,
    answer: Base,
  }),
  create: defineRoute({
    id: 'bases.create',
    method: 'post',
    path: '/v1/bases',
    summary: 'Make a base of a disk, or register a pushed one',
    tag: 'bases',
    roles: operators,
    body: CreateBase,
    status: 202,
    answer: Operation,
    idempotent: true,
  }),
  remove: defineRoute({
    id: 'bases.remove',
    method: 'delete',
    path: '/v1/bases/:base',
    summary: 'Delete a base that nothing uses',
    tag: 'bases',
    roles: operators,
    params,
    status: 204,
  }),
}
