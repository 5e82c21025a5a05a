import type { Logger } from '@bramble/kit'
import type { Libvirt } from '@bramble/libvirt'
import type { Claims } from '../../claims.ts'
import type { ImageCache } from '../../images/image-cache.ts'
import type { HostReading } from './host-facts.ts'
import type { LifecycleWatch } from './lifecycle-watch.ts'

/** What the driver's acts work with. */
export interface LibvirtContext {
  libvirt: Libvirt
  images: ImageCache
  /** What marks this agent's domains. */
  owner: string
  stateDir: string
  /** Where libvirt keeps QEMU's logs, one per domain. */
  qemuLogDir: string
  memoryReserveBytes: number
  /** What starts under way have claimed of it. */
  memory: Claims
  host: HostReading
  lifecycle: LifecycleWatch
  log: Logger
  /** Slots at work in this process: their domains look paused, and are not. */
  busy: Map<string, 'starting' | 'capturing'>
}
