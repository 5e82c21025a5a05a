import { z } from 'zod'
import { defineRoute } from '../route.ts'
import { Overlay, CreateOverlay } from '../v1/overlay.ts'
import { Operation } from '../v1/operation.ts'
import { listQueryOf, pageOf } from '../v1/page.ts'
import { operators, readers } from '../v1/role.ts'

const params = z.object({ overlay: z.string().meta({ description: 'name or id' }) })

export const overlayRoutes = {
  list: defineRoute({
    id: 'overlays.list',
    method: 'get',
    path: '/v1/overlays',
    summary: 'List the overlays',
    tag: 'overlays',
    roles: readers,
    query: listQueryOf(Overlay),
    status: 200,
    answer: pageOf(Overlay),
  }),
  show: defineRoute({
    id: 'overlays.show',
    method: 'get',
    path: '/v1/overlays/:overlay',
    summary: 'Show one overlay',
    tag: 'overlays',
    roles: readers,
    params,
    status: 200,
    answer: Overlay,
  }),
  create: defineRoute({
    id: 'overlays.create',
    method: 'post',
    path: '/v1/overlays',
    summary: 'Save an instance as an overlay, or register a pushed one',
    tag: 'overlays',
    roles: operators,
    body: CreateOverlay,
    status: 202,
    answer: Operation,
    idempotent: true,
  }),
  remove: defineRoute({
    id: 'overlays.remove',
    method: 'delete',
    path: '/v1/overlays/:overlay',
    summary: 'Delete a overlay that nothing uses',
    tag: 'overlays',
    roles: operators,
    params,
    status: 204,
  }),
}
