import { z } from 'zod'
import { defineRoute } from '../route.ts'
import { readers } from '../v1/role.ts'
import { Health, TaskStatus, Version } from '../v1/system.ts'

export const systemRoutes = {
  version: defineRoute({
    id: 'system.version',
    method: 'get',
    path: '/v1/version',
    summary: 'Version of the master',
    tag: 'system',
    roles: 'public',
    status: 200,
    answer: Version,
  }),
  health: defineRoute({
    id: 'system.health',
    method: 'get',
    path: '/v1/system/health',
    summary: 'Health of the master and of what it depends on, by name',
    tag: 'system',
    roles: readers,
    status: 200,
    answer: Health,
  }),
  tasks: defineRoute({
    id: 'system.tasks',
    method: 'get',
    path: '/v1/system/tasks',
    summary: 'The background tasks and how their last runs went',
    tag: 'system',
    roles: readers,
    status: 200,
    answer: z.object({ items: z.array(TaskStatus) }),
  }),
}
