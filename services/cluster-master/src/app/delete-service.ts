import type { ServiceId } from '@bramble/contracts'
import type { Master } from '../master.ts'
import { checkServiceUnused } from './check-unused.ts'
import { findDocument } from './find-document.ts'

/** @throws `in_use` */
export async function deleteService(master: Master, id: ServiceId): Promise<void> {
  findDocument(master.records.services, 'service', id)
  checkServiceUnused(master, id)
  await master.records.services.remove(id)
}
