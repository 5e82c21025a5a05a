import type { LaunchInstance, Service, Variant } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import type { LaunchSource } from '../domain/prepare-launch.ts'
import type { Master } from '../master.ts'
import { findAvailable, findDocument } from './find-document.ts'

/** What a launch names, from the catalogue: one way to run it per variant of a service. */
export function resolveLaunch(master: Master, { service, overlay, base }: LaunchInstance): LaunchSource[] {
  if (base !== undefined) return [{ kind: 'base', base: findAvailable(master.records.bases, 'base', base) }]
  if (overlay !== undefined) return [{ kind: 'overlay', ...withBase(master, overlay) }]
  return ofService(master, findDocument(master.records.services, 'service', service ?? ''))
}

function ofService(master: Master, service: Service): LaunchSource[] {
  if (service.variants.length === 0)
    throw new ProblemError('wrong_state', `The service ${service.id} has no variant to run.`, {
      hint: 'Add one: `bramble service update ID --overlay NAME`.',
    })
  return service.variants.map((variant: Variant) => ({
    kind: 'service',
    service,
    ...withBase(master, variant.overlay),
  }))
}

function withBase(master: Master, nameOrId: string) {
  const overlay = findAvailable(master.records.overlays, 'overlay', nameOrId)
  const base = overlay.base && master.records.bases.get(overlay.base)
  if (!base) throw new ProblemError('base_unknown', `The overlay ${overlay.name} was made on ${overlay.baseDigest}.`)
  return { overlay, base }
}
