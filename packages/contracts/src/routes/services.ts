import { z } from 'zod'
import { defineRoute } from '../route.ts'
import { ServiceId } from '../v1/ids.ts'
import { listQueryOf, pageOf } from '../v1/page.ts'
import { operators, readers } from '../v1/role.ts'
import { CreateService, Service, UpdateService } from '../v1/service.ts'

const params = z.object({ service: ServiceId })

export const serviceRoutes = {
  list: defineRoute({
    id: 'services.list',
    method: 'get',
    path: '/v1/services',
    summary: 'List the catalogue',
    tag: 'services',
    roles: [...readers, 'device'],
    query: listQueryOf(Service),
    status: 200,
    answer: pageOf(Service),
  }),
  show: defineRoute({
    id: 'services.show',
    method: 'get',
    path: '/v1/services/:service',
    summary: 'Show one service',
    tag: 'services',
    roles: [...readers, 'device'],
    params,
    status: 200,
    answer: Service,
  }),
  create: defineRoute({
    id: 'services.create',
    method: 'post',
    path: '/v1/services',
    summary: 'Add a service to the catalogue',
    tag: 'services',
    roles: operators,
    body: CreateService,
    status: 201,
    answer: Service,
    idempotent: true,
  }),
  update: defineRoute({
    id: 'services.update',
    method: 'patch',
    path: '/v1/services/:service',
    summary: 'Change a service (merge patch; send If-Match to be sure of what you change)',
    tag: 'services',
    roles: operators,
    params,
    body: UpdateService,
    status: 200,
    answer: Service,
  }),
  remove: defineRoute({
    id: 'services.remove',
    method: 'delete',
    path: '/v1/services/:service',
    summary: 'Delete a service that no instance runs',
    tag: 'services',
    roles: operators,
    params,
    status: 204,
  }),
}
