import { z } from 'zod'
import { defineRoute } from '../route.ts'
import { Digest, InstanceId } from '../v1/ids.ts'
import { Inspection } from '../v1/inspection.ts'
import { ExecRequest, ExecResult } from '../v1/instance.ts'
import { repositories } from '../v1/repository.ts'
import { instanceRoutes } from './instances.ts'

const params = z.object({ instance: InstanceId })

/** The agent's own listener: for the master alone, but for blobs, which are for nodes of the same cloudlet. */
export const agentRoutes = {
  console: defineRoute({
    id: 'agent.console',
    method: 'get',
    path: '/v1/instances/:instance/console',
    summary: "Read the end of the guest's serial console log",
    tag: 'agent',
    roles: ['admin'],
    params,
    query: instanceRoutes.console.query,
    status: 200,
    stream: 'text',
  }),
  logs: defineRoute({
    id: 'agent.logs',
    method: 'get',
    path: '/v1/instances/:instance/logs',
    summary: "Read the end of the hypervisor's log of an instance",
    tag: 'agent',
    roles: ['admin'],
    params,
    query: instanceRoutes.logs.query,
    status: 200,
    stream: 'text',
  }),
  exec: defineRoute({
    id: 'agent.exec',
    method: 'post',
    path: '/v1/instances/:instance/exec',
    summary: 'Run a command in the guest through its agent',
    tag: 'agent',
    roles: ['admin'],
    params,
    body: ExecRequest,
    status: 200,
    answer: ExecResult,
  }),
  inspection: defineRoute({
    id: 'agent.inspection',
    method: 'get',
    path: '/v1/inspection',
    summary: 'Look at the node from inside',
    tag: 'agent',
    roles: ['admin'],
    status: 200,
    answer: Inspection,
  }),
  blob: defineRoute({
    id: 'agent.blob',
    method: 'get',
    path: '/v2/:repository/blobs/:digest',
    summary: 'Read a blob that this node has, whole or a range',
    tag: 'agent',
    roles: ['node'],
    params: z.object({ repository: z.enum(repositories), digest: Digest }),
    status: 200,
    stream: 'bytes',
  }),
}
