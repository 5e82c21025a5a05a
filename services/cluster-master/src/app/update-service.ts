import type { Service, ServiceId, UpdateService } from '@bramble/contracts'
import { checkIfMatch, ProblemError } from '@bramble/kit'
import { mergeService } from '../domain/merge-service.ts'
import type { Master } from '../master.ts'
import { findDocument } from './find-document.ts'
import { checkOverlaysRemain, resolveVariants } from './resolve-variants.ts'

/** @throws `revision_mismatch` when If-Match asks for another revision */
export async function updateService(
  master: Master,
  id: ServiceId,
  { patch, ifMatch }: { patch: UpdateService; ifMatch?: string | undefined },
): Promise<Service> {
  let before = findDocument(master.records.services, 'service', id)
  const variants = patch.variants && resolveVariants(master, patch.variants)
  const updated = await master.records.services.update(id, (service) => {
    checkIfMatch(ifMatch, service.revision)
    before = service
    return mergeService(service, patch, variants)
  })
  if (!updated) throw new ProblemError('not_found', `There is no service ${id}.`)
  try {
    checkOverlaysRemain(master, variants ?? [])
  } catch (error) {
    await putBack(master, before, updated)
    throw error
  }
  return updated
}

/** Unless somebody else changed it meanwhile. */
async function putBack({ records }: Master, before: Service, { revision }: Service): Promise<void> {
  await records.services.update(before.id, (now) => (now.revision === revision ? { ...before, revision } : undefined))
}
