// The smallest guest there is: firmware, then a boot sector that counts to 2^24 and ends QEMU through its debug-exit
// device. It counts because some hypervisors offer a KVM that carries out a guest's early code one instruction at a
// time: it ends such a boot sector, and boots no system within minutes. It runs as a domain of libvirt's, so that the
// agent needs neither the emulator nor /dev/kvm beside it.
import { randomUUID } from 'node:crypto'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Arch } from '@bramble/contracts'
import { isLibvirtError, LibvirtError } from '@bramble/libvirt'
import type { DomainRef, Libvirt } from '@bramble/libvirt'
import { metadataNamespace, namePrefix, qemuNamespace } from './domain-xml.ts'
import { element } from './xml-element.ts'

export interface TestGuest {
  arch: Arch
  virtType: 'kvm' | 'qemu'
  /** What marks the domain as this agent's: one that is left over is removed like any that nobody wants. */
  owner: string
  /** For its disk; QEMU's user must be able to reach it. */
  dir: string
  timeLimitMs: number
  /** What its boot sector does instead. */
  code?: Buffer
}

const exitPort = 0xf4
/** mov ecx, 1 << 24; again: dec ecx; jnz again */
const count = [0x66, 0xb9, 0x00, 0x00, 0x00, 0x01, 0x66, 0x49, 0x75, 0xfc]
/** mov al, 0x10; out exitPort, al; hlt */
const endQemu = [0xb0, 0x10, 0xe6, exitPort, 0xf4]
/** The firmware gives a smaller disk no cylinders, and reads nothing from it. */
const diskBytes = 1024 * 1024
const pollMs = 25

/** Resolves with why it did not run; undefined when it ran to its end. */
export async function runTestGuest(libvirt: Libvirt, guest: TestGuest): Promise<string | undefined> {
  const dir = await mkdtemp(join(guest.dir, 'probe-'))
  try {
    await chmod(dir, 0o711)
    const disk = join(dir, 'disk')
    await writeFile(disk, bootSector(guest.code ?? Buffer.from([...count, ...endQemu])), { mode: 0o644 })
    return await runFrom(disk, libvirt, guest)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

async function runFrom(disk: string, libvirt: Libvirt, guest: TestGuest): Promise<string | undefined> {
  let domain: DomainRef
  try {
    domain = await libvirt.domains.createXml(guestXml(disk, guest))
  } catch (error) {
    if (error instanceof LibvirtError) return error.message
    throw error
  }
  const deadline = performance.now() + guest.timeLimitMs
  while (performance.now() < deadline) {
    if (!(await isThere(libvirt, domain))) return undefined
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
  await libvirt.domains.destroy(domain).catch(() => undefined)
  return `a test guest did not run within ${guest.timeLimitMs} ms`
}

const isThere = (libvirt: Libvirt, domain: DomainRef): Promise<boolean> =>
  libvirt.domains.state(domain).then(
    () => true,
    (error: unknown) => {
      if (isLibvirtError(error, 'noDomain')) return false
      throw error
    },
  )

function bootSector(code: Buffer): Buffer {
  const sector = Buffer.alloc(diskBytes)
  code.copy(sector)
  sector.writeUInt16LE(0xaa55, 510)
  return sector
}

function guestXml(disk: string, { arch, virtType, owner }: TestGuest): string {
  const id = `probe-${randomUUID()}`
  const exit = ['-device', `isa-debug-exit,iobase=${exitPort},iosize=1`]
  return element('domain', { type: virtType, 'xmlns:qemu': qemuNamespace }, [
    element('name', {}, `${namePrefix}${id}`),
    element('metadata', {}, [element('bramble:slot', { 'xmlns:bramble': metadataNamespace, owner, id })]),
    element('memory', { unit: 'MiB' }, '64'),
    element('os', {}, [element('type', { arch, machine: 'q35' }, 'hvm'), element('boot', { dev: 'hd' })]),
    element('features', {}, [element('acpi')]),
    element('on_poweroff', {}, 'destroy'),
    element('devices', {}, [
      element('disk', { type: 'file', device: 'disk' }, [
        element('driver', { name: 'qemu', type: 'raw' }),
        element('source', { file: disk }, [element('seclabel', { model: 'dac', relabel: 'no' })]),
        element('target', { dev: 'vda', bus: 'virtio' }),
        element('readonly'),
        // On the root bus: the firmware finds nothing behind the ports that libvirt would add.
        element('address', { type: 'pci', domain: '0x0000', bus: '0x00', slot: '0x02', function: '0x0' }),
      ]),
      element('memballoon', { model: 'none' }),
    ]),
    element(
      'qemu:commandline',
      {},
      exit.map((value) => element('qemu:arg', { value })),
    ),
  ])
}
