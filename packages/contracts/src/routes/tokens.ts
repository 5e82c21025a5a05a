import { z } from 'zod'
import { defineRoute } from '../route.ts'
import { listQueryOf, pageOf } from '../v1/page.ts'
import { Role, admins } from '../v1/role.ts'
import { CreateToken, CreatedToken, Principal, Token } from '../v1/token.ts'

export const tokenRoutes = {
  list: defineRoute({
    id: 'tokens.list',
    method: 'get',
    path: '/v1/tokens',
    summary: 'List tokens, without their secrets',
    tag: 'tokens',
    roles: admins,
    query: listQueryOf(Token),
    status: 200,
    answer: pageOf(Token),
  }),
  create: defineRoute({
    id: 'tokens.create',
    method: 'post',
    path: '/v1/tokens',
    summary: 'Make a token; its secret is in this answer and nowhere else',
    tag: 'tokens',
    roles: admins,
    body: CreateToken,
    status: 201,
    answer: CreatedToken,
  }),
  remove: defineRoute({
    id: 'tokens.remove',
    method: 'delete',
    path: '/v1/tokens/:token',
    summary: 'Revoke a token',
    tag: 'tokens',
    roles: admins,
    params: z.object({ token: z.string().meta({ description: 'name or id' }) }),
    status: 204,
  }),
  current: defineRoute({
    id: 'tokens.current',
    method: 'get',
    path: '/v1/whoami',
    summary: 'Who the caller is and what it may do',
    tag: 'tokens',
    roles: Role.options,
    status: 200,
    answer: Principal,
  }),
}
