// A cloudlet on real VMs: a private libvirtd, the embedded process, and a libvirt connection for the oracle.
import { connectLibvirt } from '@bramble/libvirt'
import { startCloudlet, startPrivateLibvirt } from '@bramble/testkit'
import type { CloudletOptions } from '@bramble/testkit'
import { lookAtHost } from './host-oracle.ts'
import type { Host, HostSight } from './host-oracle.ts'

export interface Lab extends Host, AsyncDisposable {
  look: () => Promise<HostSight>
}

export async function openLab(options: Partial<CloudletOptions> = {}): Promise<Lab> {
  await using undo = new AsyncDisposableStack()
  const daemon = undo.adopt(await startPrivateLibvirt({ netns: options.netns }), (it) => it.stop())
  const cloudlet = undo.use(await startCloudlet({ driver: 'libvirt', libvirtSocket: daemon.socketPath, ...options }))
  const libvirt = undo.adopt(await connectLibvirt({ socketPath: daemon.socketPath }), (it) => it.close())
  const host = { cloudlet, daemon, libvirt }
  const all = undo.move()
  return { ...host, look: () => lookAtHost(host), [Symbol.asyncDispose]: () => all.disposeAsync() }
}
