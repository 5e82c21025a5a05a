import { z } from 'zod'
import { defineRoute } from '../route.ts'
import { ExecRequest, ExecResult, Instance, LaunchInstance } from '../v1/instance.ts'
import { Operation } from '../v1/operation.ts'
import { listQueryOf, pageOf } from '../v1/page.ts'
import { launchers, readers } from '../v1/role.ts'

const tailQuery = z.object({ tailBytes: z.coerce.number().int().min(1).max(4_194_304).default(65_536) }).strict()
const params = z.object({ instance: z.string().meta({ description: 'name or id' }) })

export const instanceRoutes = {
  list: defineRoute({
    id: 'instances.list',
    method: 'get',
    path: '/v1/instances',
    summary: 'List the instances',
    tag: 'instances',
    roles: readers,
    query: listQueryOf(Instance),
    status: 200,
    answer: pageOf(Instance),
  }),
  show: defineRoute({
    id: 'instances.show',
    method: 'get',
    path: '/v1/instances/:instance',
    summary: 'Show one instance',
    tag: 'instances',
    roles: readers,
    params,
    status: 200,
    answer: Instance,
  }),
  launch: defineRoute({
    id: 'instances.launch',
    method: 'post',
    path: '/v1/instances',
    summary: 'Launch an instance of a service, an overlay or a bare base',
    tag: 'instances',
    roles: launchers,
    body: LaunchInstance,
    status: 202,
    answer: Operation,
    idempotent: true,
  }),
  remove: defineRoute({
    id: 'instances.remove',
    method: 'delete',
    path: '/v1/instances/:instance',
    summary: 'Stop an instance and remove all it left',
    tag: 'instances',
    roles: launchers,
    params,
    status: 202,
    answer: Operation,
    idempotent: true,
  }),
  console: defineRoute({
    id: 'instances.console',
    method: 'get',
    path: '/v1/instances/:instance/console',
    summary: "Read the end of the guest's serial console log",
    tag: 'instances',
    roles: readers,
    params,
    query: tailQuery,
    status: 200,
    stream: 'text',
  }),
  logs: defineRoute({
    id: 'instances.logs',
    method: 'get',
    path: '/v1/instances/:instance/logs',
    summary: "Read the end of the hypervisor's log of the instance",
    tag: 'instances',
    roles: readers,
    params,
    query: tailQuery,
    status: 200,
    stream: 'text',
  }),
  exec: defineRoute({
    id: 'instances.exec',
    method: 'post',
    path: '/v1/instances/:instance/actions/exec',
    summary: 'Run a command in the guest through its agent',
    tag: 'instances',
    roles: launchers,
    params,
    body: ExecRequest,
    status: 200,
    answer: ExecResult,
  }),
}
