// The domain of a Service VM, as libvirt's XML. The hardware the guest sees is the same whether the VM boots cold to
// become a base or is resumed from one, on this host or another: every device has its PCI address, MAC and model
// written down here, and nothing is left for libvirt to choose. Only what the guest cannot see differs:
//
//   boot    its RAM is anonymous memory
//   resume  its RAM is the base's file mapped privately: unwritten pages are shared by all VMs of the host
//
// Either way the RAM block is called `base`. libvirt knows no private map of a read-only file (`<memoryBacking>` opens
// it for writing), so that one object goes past it, through <qemu:commandline>. The default RAM that libvirt adds
// beside it is never touched and costs nothing.
import type { Accelerator, Arch, Forward } from '@bramble/contracts'
import { element } from './xml-element.ts'

/** MAC and address are part of a base's memory: every guest has the same ones, behind a network of its own. */
export const guestNetwork = { mac: '52:54:00:62:72:6d', address: '10.0.2.15', prefix: 24 } as const
export const agentChannel = 'org.qemu.guest_agent.0'
export const metadataNamespace = 'urn:bramble:slot:1'
export const namePrefix = 'bramble-'
export const qemuNamespace = 'http://libvirt.org/schemas/domain/qemu/1.0'

export type Ram = { kind: 'boot' } | { kind: 'resume'; path: string }

export interface DomainSpec {
  /** Of the state folder that keeps the slot (`owner.ts`). */
  owner: string
  slotId: string
  uuid: string
  /** Tells the guest that it is another one than the one that was saved; new at every start. */
  generationId: string
  arch: Arch
  accelerator: Accelerator
  machineType: string
  cpuModel: string
  cpus: number
  memoryBytes: number
  ram: Ram
  /** The VM's own qcow2 layer and what lies below it, which is never written. */
  disk: { path: string; backing: { path: string; format: 'raw' | 'qcow2' } }
  consolePath: string
  forwards: Forward[]
}

export function domainXml(spec: DomainSpec): string {
  const type = spec.accelerator === 'kvm' ? 'kvm' : 'qemu'
  return element('domain', { type, 'xmlns:qemu': qemuNamespace }, [
    element('name', {}, `${namePrefix}${spec.slotId}`),
    element('uuid', {}, spec.uuid),
    element('genid', {}, spec.generationId),
    element('metadata', {}, [
      element('bramble:slot', { 'xmlns:bramble': metadataNamespace, owner: spec.owner, id: spec.slotId }),
    ]),
    element('memory', { unit: 'b' }, `${spec.memoryBytes}`),
    element('vcpu', { placement: 'static' }, `${spec.cpus}`),
    element('os', {}, [
      element('type', { arch: spec.arch, machine: spec.machineType }, 'hvm'),
      element('boot', { dev: 'hd' }),
    ]),
    element('features', {}, [element('acpi'), element('apic')]),
    element('cpu', { mode: 'custom', match: 'exact', check: 'partial' }, [
      element('model', { fallback: 'forbid' }, spec.cpuModel),
    ]),
    element('clock', { offset: 'utc' }),
    element('on_poweroff', {}, 'destroy'),
    element('on_reboot', {}, 'restart'),
    element('on_crash', {}, 'destroy'),
    element('devices', {}, devices(spec)),
    element('qemu:commandline', {}, ramArguments(spec)),
  ])
}

function devices(spec: DomainSpec): string[] {
  return [
    element('controller', { type: 'usb', model: 'none' }),
    element('controller', { type: 'virtio-serial', index: '0' }, [pciAddress(4)]),
    diskXml(spec.disk),
    networkXml(spec.forwards),
    element('serial', { type: 'file' }, [
      element('source', { path: spec.consolePath, append: 'on' }),
      element('target', { type: 'isa-serial', port: '0' }),
    ]),
    element('channel', { type: 'unix' }, [
      element('target', { type: 'virtio', name: agentChannel }),
      element('address', { type: 'virtio-serial', controller: '0', bus: '0', port: '1' }),
    ]),
    element('video', {}, [element('model', { type: 'none' })]),
    element('audio', { id: '1', type: 'none' }),
    element('watchdog', { model: 'itco', action: 'none' }),
    element('memballoon', { model: 'virtio', autodeflate: 'off', freePageReporting: 'on' }, [pciAddress(5)]),
    element('rng', { model: 'virtio' }, [element('backend', { model: 'random' }, '/dev/urandom'), pciAddress(6)]),
  ]
}

// What lies below the layer is shared by many VMs and stays the agent's own: everybody may read it, nobody write it.
const notRelabelled = element('seclabel', { model: 'dac', relabel: 'no' })

// The layer dies with its VM, whose memory a crash of the host loses anyway: flushing it to the medium is for nothing.
// The backing chain is written out whole, so that libvirt and QEMU guess nothing from the content of images.
function diskXml({ path, backing }: DomainSpec['disk']): string {
  return element('disk', { type: 'file', device: 'disk' }, [
    element('driver', { name: 'qemu', type: 'qcow2', cache: 'unsafe', discard: 'unmap' }),
    element('source', { file: path }),
    element('backingStore', { type: 'file' }, [
      element('format', { type: backing.format }),
      element('source', { file: backing.path }, [notRelabelled]),
      element('backingStore'),
    ]),
    element('target', { dev: 'vda', bus: 'virtio' }),
    pciAddress(2),
  ])
}

function networkXml(forwards: Forward[]): string {
  return element('interface', { type: 'user' }, [
    element('mac', { address: guestNetwork.mac }),
    element('backend', { type: 'passt' }),
    element('ip', { family: 'ipv4', address: guestNetwork.address, prefix: `${guestNetwork.prefix}` }),
    ...forwards.map(({ protocol, hostAddress, hostPort, guestPort }) =>
      element('portForward', { proto: protocol, address: hostAddress }, [
        element('range', { start: `${hostPort}`, to: `${guestPort}` }),
      ]),
    ),
    element('model', { type: 'virtio' }),
    pciAddress(3),
  ])
}

const pciAddress = (slot: number): string =>
  element('address', { type: 'pci', domain: '0x0000', bus: '0x00', slot: `0x0${slot}`, function: '0x0' })

// rom=off with readonly=on: the file is opened read-only, and yet the guest may write its private copies of the pages.
function ramArguments({ ram, memoryBytes }: DomainSpec): string[] {
  const object =
    ram.kind === 'boot'
      ? `memory-backend-ram,id=base,size=${memoryBytes}`
      : `memory-backend-file,id=base,size=${memoryBytes},mem-path=${escapeOption(ram.path)},share=off,readonly=on,rom=off`
  return ['-object', object, '-machine', 'memory-backend=base'].map((value) => element('qemu:arg', { value }))
}

/** QEMU's options end at a comma; a doubled one stands for itself. */
const escapeOption = (text: string): string => text.replaceAll(',', ',,')
