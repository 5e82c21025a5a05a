import type { Call } from '../protocol/procedures.ts'

/** What libvirt says of the host and of itself. */
export const hostCalls = (call: Call) => ({
  /** Of the hypervisor, as in "10.0.2". */
  version: async () => formatVersion((await call('connectGetVersion', {})).version),
  /** Of libvirt itself, as in "11.3.0". */
  libVersion: async () => formatVersion((await call('connectGetLibVersion', {})).version),
  /** The driver in use: "QEMU", "Test" ... */
  type: async () => (await call('connectGetType', {})).type,
  hostname: async () => (await call('connectGetHostname', {})).hostname,
  uri: async () => (await call('connectGetUri', {})).uri,
  info: () => call('nodeGetInfo', {}),
  freeMemoryBytes: async () => (await call('nodeGetFreeMemory', {})).freeMemoryBytes,
  /** XML. */
  capabilities: async () => (await call('connectGetCapabilities', {})).xml,
  /** XML of what domains of this kind may have; what is left out, the daemon chooses. */
  domainCapabilities: async (kind: DomainKind = {}) => (await call('connectGetDomainCapabilities', wireKind(kind))).xml,
})

export type DomainKind = { emulator?: string; arch?: string; machine?: string; virtType?: string }

const wireKind = ({ emulator, arch, machine, virtType }: DomainKind) => ({
  emulator: emulator ?? null,
  arch: arch ?? null,
  machine: machine ?? null,
  virtType: virtType ?? null,
  flags: 0,
})

/** libvirt writes 11.3.0 as 11003000. */
export function formatVersion(version: number): string {
  return [version / 1_000_000, (version / 1000) % 1000, version % 1000].map(Math.floor).join('.')
}
