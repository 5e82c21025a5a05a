import { z } from 'zod'
import { defineRoute } from '../route.ts'
import { operators, readers } from '../v1/role.ts'
import { DeadFact, Health, SystemService, TaskStatus, Version } from '../v1/system.ts'

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
  services: defineRoute({
    id: 'system.services',
    method: 'get',
    path: '/v1/system/services',
    summary: 'Every service of the cloudlet: where it runs, its version, its state and when it was last seen',
    tag: 'system',
    roles: readers,
    status: 200,
    answer: z.object({ items: z.array(SystemService) }),
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
  deadFacts: defineRoute({
    id: 'system.deadFacts',
    method: 'get',
    path: '/v1/system/dead-facts',
    summary: 'Facts that could not be taken: how many are kept, and the newest of them',
    tag: 'system',
    roles: readers,
    query: z.object({ limit: z.coerce.number().int().min(1).max(1000).default(100) }).strict(),
    status: 200,
    answer: z.object({ count: z.number().int(), items: z.array(DeadFact) }),
  }),
  forgetDeadFacts: defineRoute({
    id: 'system.forgetDeadFacts',
    method: 'delete',
    path: '/v1/system/dead-facts',
    summary: 'Forget the dead facts that are kept, once somebody has looked at them',
    tag: 'system',
    roles: operators,
    status: 204,
  }),
}
