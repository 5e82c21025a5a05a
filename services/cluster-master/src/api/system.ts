import { routes } from '@bramble/contracts'
import type { Timestamp, Version } from '@bramble/contracts'
import type { HealthChecks, TaskSet } from '@bramble/kit'
import { forgetDeadFacts, listDeadFacts } from '../app/dead-facts.ts'
import { listSystemServices } from '../app/list-system-services.ts'
import { version as masterVersion } from '../version.ts'
import type { Api } from './serve.ts'

export interface SystemParts {
  health: Pick<HealthChecks, 'check'>
  tasks: TaskSet
  shape: Version['shape']
  startedAt: Timestamp
  /** In effect, and masked. */
  settings: Record<string, unknown>
}

export function serveSystem({ serve, master }: Api, { health, tasks, shape, startedAt, settings }: SystemParts): void {
  const version = { version: masterVersion, apiVersion: 'v1', nodeVersion: process.version, shape, startedAt }
  serve(routes.system.version, () => version)
  serve(routes.system.health, () => health.check())
  serve(routes.system.services, async () => ({ items: await listSystemServices(master, await health.check()) }))
  serve(routes.system.settings, () => ({ settings }))
  serve(routes.system.deadFacts, ({ query }) => listDeadFacts(master, query.limit))
  serve(routes.system.forgetDeadFacts, () => forgetDeadFacts(master))
  serve(routes.system.tasks, () => ({ items: tasks.status() }))
}
