import { describeError } from '@bramble/kit'
import type { Logger } from '@bramble/kit'
import type { DomainRef, Libvirt } from '@bramble/libvirt'

/**
 * Tells the forwarder the guest's hardware address. passt learns it from the guest's first frame and sends to the
 * broadcast address before, which a guest's TCP drops: one with a fixed address that waits to be asked would never be
 * reached. A resumed VM announces itself; for one that boots QEMU does it (QMP reference, "announce-self").
 */
export const announceGuest = async (libvirt: Libvirt, domain: DomainRef, log: Logger): Promise<void> => {
  const announcement = { initial: 50, max: 550, rounds: 5, step: 50 }
  await libvirt.qemu
    .monitorCommand(domain, { execute: 'announce-self', arguments: announcement })
    .catch((error: unknown) => log.warn({ domain: domain.name }, `guest not announced: ${describeError(error)}`))
}
