import { routes } from '@bramble/contracts'
import type { Timestamp, Version } from '@bramble/contracts'
import type { HealthChecks, TaskSet } from '@bramble/kit'
import packageJson from '../../package.json' with { type: 'json' }
import type { Api } from './serve.ts'

export interface SystemParts {
  health: HealthChecks
  tasks: TaskSet
  shape: Version['shape']
  startedAt: Timestamp
}

export function serveSystem({ serve }: Api, { health, tasks, shape, startedAt }: SystemParts): void {
  const version = { version: packageJson.version, apiVersion: 'v1', nodeVersion: process.version, shape, startedAt }
  serve(routes.system.version, () => version)
  serve(routes.system.health, () => health.check())
  serve(routes.system.tasks, () => ({ items: tasks.status() }))
}
