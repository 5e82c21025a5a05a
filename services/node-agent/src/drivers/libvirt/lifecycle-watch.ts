import type { Libvirt } from '@bramble/libvirt'
import type { DomainEvents } from '@bramble/libvirt'

export type LifecycleEvent = DomainEvents['lifecycle']
export type LifecycleWatch = Awaited<ReturnType<typeof watchLifecycle>>

/** Domain events of one hypervisor, for any number of listeners; over reconnects. */
export async function watchLifecycle(libvirt: Libvirt) {
  const listeners = new Set<(event: LifecycleEvent) => void>()
  const tell = (event: LifecycleEvent) => listeners.forEach((listener) => listener(event))
  await libvirt.onDomainEvent('lifecycle', tell)

  const listen = (listener: (event: LifecycleEvent) => void) => {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }
  return {
    listen,
    /** Calls back when the domain stopped. Returns the way to end it. */
    onStopped: (uuid: string, listener: () => void) =>
      listen(({ domain, kind }) => {
        if (domain.uuid === uuid && (kind === 'stopped' || kind === 'crashed')) listener()
      }),
  }
}
