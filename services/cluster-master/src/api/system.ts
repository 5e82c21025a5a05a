import { routes } from '@bramble/contracts'
import type { Timestamp, Version } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import type { HealthChecks, TaskSet } from '@bramble/kit'
import { forgetDeadFacts, listDeadFacts } from '../app/dead-facts.ts'
import { listSystemServices } from '../app/list-system-services.ts'
import type { Identity } from '../identity/open-identity.ts'
import { version as masterVersion } from '../version.ts'
import type { Api } from './serve.ts'

export interface SystemParts {
  health: Pick<HealthChecks, 'check'>
  tasks: TaskSet
  shape: Version['shape']
  startedAt: Timestamp
  /** In effect, and masked. */
  settings: Record<string, unknown>
  /** The cloudlet's own CA, if it has one. */
  authority: Pick<Identity, 'caCertificate' | 'fingerprint'> | undefined
}

export function serveSystem({ serve, master }: Api, parts: SystemParts): void {
  const { health, tasks, shape, startedAt, settings, authority } = parts
  const version = { version: masterVersion, apiVersion: 'v1', nodeVersion: process.version, shape, startedAt }
  serve(routes.system.version, () => version)
  serve(routes.system.authority, () => {
    if (authority) return { certificate: authority.caCertificate, fingerprint: authority.fingerprint }
    throw new ProblemError('not_found', 'This cloudlet has no authority of its own: nothing in it needs a certificate.')
  })
  serve(routes.system.health, () => health.check())
  serve(routes.system.services, async () => ({ items: await listSystemServices(master, await health.check()) }))
  serve(routes.system.settings, () => ({ settings }))
  serve(routes.system.deadFacts, ({ query }) => listDeadFacts(master, query.limit))
  serve(routes.system.forgetDeadFacts, () => forgetDeadFacts(master))
  serve(routes.system.tasks, () => ({ items: tasks.status() }))
}
