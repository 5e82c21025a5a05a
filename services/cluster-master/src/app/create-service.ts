import type { CreateService, Service } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import type { Master } from '../master.ts'
import { DuplicateError } from '../store/errors.ts'
import { resolveVariants } from './resolve-variants.ts'

/** @throws `name_taken` */
export async function createService(master: Master, { variants, ...request }: CreateService): Promise<Service> {
  const draft = { ...request, variants: resolveVariants(master, variants) }
  try {
    return await master.records.services.insert(draft)
  } catch (error) {
    if (!(error instanceof DuplicateError)) throw error
    throw new ProblemError('name_taken', `There is already a service ${request.id}.`, { cause: error })
  }
}
