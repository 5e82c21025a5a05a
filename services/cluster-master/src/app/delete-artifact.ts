import type { Master } from '../master.ts'
import { checkBaseUnused, checkOverlayUnused } from './check-unused.ts'
import { findDocument } from './find-document.ts'

/** Its blobs stay: another base or a push that goes on may name them. @throws `in_use` */
export async function deleteBase(master: Master, nameOrId: string): Promise<void> {
  const { id, name } = findDocument(master.records.bases, 'base', nameOrId)
  checkBaseUnused(master, id, name)
  await master.records.bases.remove(id)
}

/** @throws `in_use` */
export async function deleteOverlay(master: Master, nameOrId: string): Promise<void> {
  const { id, name } = findDocument(master.records.overlays, 'overlay', nameOrId)
  checkOverlayUnused(master, id, name)
  await master.records.overlays.remove(id)
}
