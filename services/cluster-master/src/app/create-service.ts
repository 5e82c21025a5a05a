import { isDeepStrictEqual } from 'node:util'
import type { CreateService, Service, Timestamp } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import type { Master } from '../master.ts'
import { DuplicateError } from '../store/errors.ts'
import type { Draft } from '../store/store.ts'
import { checkOverlaysRemain, resolveVariants } from './resolve-variants.ts'

/** @throws `name_taken` */
export async function createService(master: Master, request: CreateService): Promise<Service> {
  const service = await insert(master, draftOf(master, request))
  try {
    checkOverlaysRemain(master, service.variants)
  } catch (error) {
    await master.records.services.remove(service.id)
    throw error
  }
  return service
}

/**
 * What the same request made since then, though it was never answered: the master was killed, or its store away, in
 * between. Of another's that is the very same there is nothing to tell apart.
 */
export function findCreated(master: Master, request: CreateService, since: Timestamp): Service | undefined {
  const found = master.records.services.get(request.id)
  if (found?.revision !== 1 || found.createdAt < since) return undefined
  const { revision, createdAt, updatedAt } = found
  const own = { ...draftOf(master, request), revision, createdAt, updatedAt }
  return isDeepStrictEqual(asStored(found), asStored(own)) ? found : undefined
}

const asStored = (document: object): unknown => JSON.parse(JSON.stringify(document))

const draftOf = (master: Master, { variants, ...request }: CreateService): Draft<Service> => ({
  ...request,
  variants: resolveVariants(master, variants),
})

async function insert({ records }: Master, draft: Draft<Service>): Promise<Service> {
  try {
    return await records.services.insert(draft)
  } catch (error) {
    if (!(error instanceof DuplicateError)) throw error
    throw new ProblemError('name_taken', `There is already a service ${draft.id}.`, { cause: error })
  }
}
