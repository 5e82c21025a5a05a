import type { CreateService, Service } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import type { Master } from '../master.ts'
import { DuplicateError } from '../store/errors.ts'
import type { Draft } from '../store/store.ts'
import { checkOverlaysRemain, resolveVariants } from './resolve-variants.ts'

/** @throws `name_taken` */
export async function createService(master: Master, { variants, ...request }: CreateService): Promise<Service> {
  const service = await insert(master, { ...request, variants: resolveVariants(master, variants) })
  try {
    checkOverlaysRemain(master, service.variants)
  } catch (error) {
    await master.records.services.remove(service.id)
    throw error
  }
  return service
}

async function insert({ records }: Master, draft: Draft<Service>): Promise<Service> {
  try {
    return await records.services.insert(draft)
  } catch (error) {
    if (!(error instanceof DuplicateError)) throw error
    throw new ProblemError('name_taken', `There is already a service ${draft.id}.`, { cause: error })
  }
}
