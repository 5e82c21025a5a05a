import { hostname, cpus, totalmem } from 'node:os'
import { statfs } from 'node:fs/promises'
import type { Accelerator, Arch } from '@bramble/contracts'
import type { Libvirt } from '@bramble/libvirt'
import type { DriverHost } from '../driver.ts'
import { attribute, elementsOf } from './read-xml.ts'
import type { Owner } from './slot-files.ts'

export interface HostReading {
  host: DriverHost
  /** The user as which libvirt runs QEMU. */
  qemuOwner: Owner
}

type ProbeAccelerator = (arch: Arch) => Promise<Accelerator>

const archOf: Record<string, Arch> = { x64: 'x86_64', arm64: 'aarch64' }

export async function readHost(libvirt: Libvirt, stateDir: string, probe: ProbeAccelerator): Promise<HostReading> {
  const arch = archOf[process.arch] ?? 'x86_64'
  const capabilities = await libvirt.host.capabilities()
  const accelerator = await probe(arch)
  const virtType = accelerator === 'kvm' ? 'kvm' : 'qemu'
  const domainCapabilities = await libvirt.host.domainCapabilities({ arch, virtType, machine: 'q35' })
  const { blocks, bsize } = await statfs(stateDir)
  const host: DriverHost = {
    hostname: hostname(),
    arch,
    driver: 'libvirt',
    accelerator,
    cpus: cpus().length,
    memoryBytes: totalmem(),
    diskBytes: blocks * bsize,
    qemuVersion: await libvirt.host.version(),
    libvirtVersion: await libvirt.host.libVersion(),
    machineTypes: readMachineTypes(capabilities),
    cpuModels: readCpuModels(domainCapabilities),
  }
  return { host, qemuOwner: readQemuOwner(capabilities) }
}

/** Versioned q35 machines, newest first: only these are the same on every host that has them. */
export function readMachineTypes(capabilities: string): string[] {
  const names = elementsOf(capabilities, 'machine').flatMap(({ open, text }) => [attribute(open, 'canonical'), text])
  const versioned = names.filter((name) => name !== undefined && /^pc-q35-\d+\.\d+$/.test(name)) as string[]
  return [...new Set(versioned)].sort((a, b) => versionOf(b) - versionOf(a))
}

const versionOf = (machineType: string): number => {
  const [major, minor] = machineType.slice('pc-q35-'.length).split('.').map(Number)
  return major! * 1000 + minor!
}

export const readCpuModels = (domainCapabilities: string): string[] =>
  elementsOf(domainCapabilities, 'model')
    .filter(({ open }) => attribute(open, 'usable') === 'yes')
    .map(({ text }) => text)

/** libvirt names it as the DAC label of its guests, `+64055:+64055`; without one QEMU runs as libvirt itself does. */
export function readQemuOwner(capabilities: string): Owner {
  const dac = /<secmodel>\s*<model>dac<\/model>[\s\S]*?<\/secmodel>/.exec(capabilities)?.[0] ?? ''
  const [, uid, gid] = /\+(\d+):\+(\d+)/.exec(dac) ?? []
  return uid === undefined ? { uid: process.getuid!(), gid: process.getgid!() } : { uid: Number(uid), gid: Number(gid) }
}

/** What a VM gets whose maker named no CPU model: the most that all common hosts of that accelerator provide. */
export function defaultCpuModel({ accelerator, cpuModels }: Pick<DriverHost, 'accelerator' | 'cpuModels'>): string {
  const preferred = accelerator === 'kvm' ? ['Westmere', 'Nehalem', 'kvm64', 'qemu64'] : ['qemu64']
  return preferred.find((model) => cpuModels.includes(model)) ?? 'qemu64'
}
