import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isLibvirtError } from '@bramble/libvirt'
import type { Slot } from '../driver.ts'
import { domainRef } from './domain-ref.ts'
import type { LibvirtContext } from './libvirt-context.ts'
import { removeSlotFolder, slotFiles } from './slot-files.ts'

/** Ends the domain, and removes all that its slot has on this node. Doing it again is fine. */
export async function destroySlot(context: LibvirtContext, slot: Pick<Slot, 'id' | 'domainUuid'>): Promise<void> {
  await context.libvirt.domains.destroy(domainRef(slot)).catch((error: unknown) => {
    const isGone = isLibvirtError(error, 'noDomain') || isLibvirtError(error, 'operationInvalid')
    if (!isGone) throw error
  })
  await removeSlotFolder(slotFiles(context.stateDir, slot.id))
  await removeLogs(context.qemuLogDir, domainRef(slot).name)
}

/** libvirt never removes QEMU's log of a domain: `<name>.log`, `<name>.log.0` and so on. */
async function removeLogs(dir: string, name: string): Promise<void> {
  const names = await readdir(dir).catch(() => [])
  for (const file of names) {
    if (file === `${name}.log` || file.startsWith(`${name}.log.`)) await rm(join(dir, file), { force: true })
  }
}
