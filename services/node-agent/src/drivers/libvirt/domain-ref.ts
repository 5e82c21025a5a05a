import { isLibvirtError } from '@bramble/libvirt'
import type { DomainRef, Libvirt } from '@bramble/libvirt'
import type { Slot } from '../driver.ts'
import { namePrefix } from './domain-xml.ts'

/** libvirt finds a domain by its UUID: no lookup is needed to name one. */
export const domainRef = ({ id, domainUuid }: Pick<Slot, 'id' | 'domainUuid'>): DomainRef => ({
  name: `${namePrefix}${id}`,
  uuid: domainUuid,
  id: -1,
})

/** `gone`: libvirt does not know it any more, as of every transient domain that stopped. */
export async function domainState(libvirt: Libvirt, slot: Pick<Slot, 'id' | 'domainUuid'>) {
  try {
    return await libvirt.domains.state(domainRef(slot))
  } catch (error) {
    if (isLibvirtError(error, 'noDomain')) return { state: 'gone' as const, reason: 0 }
    throw error
  }
}
