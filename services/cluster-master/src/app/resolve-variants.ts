import type { CreateService, Variant } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import type { Master } from '../master.ts'
import { findAvailable, findDocument } from './find-document.ts'

/** The overlays that a service's variants name, each with the arch of its base. */
export function resolveVariants({ records }: Master, variants: CreateService['variants']): Variant[] {
  return variants.map(({ overlay: nameOrId }) => {
    const overlay = findAvailable(records.overlays, 'overlay', nameOrId)
    const arch = records.bases.get(overlay.base ?? '')?.machine?.arch
    if (!arch) throw new ProblemError('base_unknown', `The overlay ${overlay.name} was made on ${overlay.baseDigest}.`)
    return { kind: 'vm', arch, overlay: overlay.id }
  })
}

/** For after they are stored: until then nothing kept their overlays from being deleted. @throws `not_found` */
export function checkOverlaysRemain({ records }: Master, variants: readonly Variant[]): void {
  for (const { overlay } of variants) findDocument(records.overlays, 'overlay', overlay)
}
