import type { AnnouncedOn } from '@bramble/contracts'
import type { Telling } from '@bramble/mdns'

export interface Standing {
  interfaceName: string
  telling: Telling | undefined
  /** Of the interface itself. */
  trouble: string | undefined
  /** Whether there is a cloudlet to tell of. */
  isOffered: boolean
}

/** How it stands with the cloudlet on one interface. */
export function announcedOn({ interfaceName, telling, trouble, isOffered }: Standing): AnnouncedOn {
  const reason = trouble ?? reasonOf(telling, isOffered)
  const told = telling?.isTold ? telling : undefined
  return {
    interface: interfaceName,
    ...(told && { name: told.label }),
    addresses: [...(told?.addresses ?? [])],
    ...(reason !== undefined && { trouble: reason }),
  }
}

function reasonOf(telling: Telling | undefined, isOffered: boolean): string | undefined {
  if (!isOffered) return 'the master has not said yet what to tell'
  return telling ? undefined : 'no address of the API can be reached from there'
}
