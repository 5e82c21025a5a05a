import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { domainXml } from './domain-xml.ts'
import type { DomainSpec } from './domain-xml.ts'
import { readDomain } from './read-domain.ts'

const spec: DomainSpec = {
  owner: '5f0c7d52-6c0e-4d0a-9f43-1b7f0a3f2a11',
  slotId: '0f1e2d3c4b5a6978',
  uuid: '6f1ed002-ab5c-4b5f-8c31-3f1d0a2b4c5d',
  generationId: '11111111-2222-4333-8444-555555555555',
  arch: 'x86_64',
  accelerator: 'tcg',
  machineType: 'pc-q35-10.0',
  cpuModel: 'qemu64',
  cpus: 2,
  memoryBytes: 536_870_912,
  ram: { kind: 'boot' },
  disk: { path: '/state/slots/a/disk.qcow2', backing: { path: '/state/disks/abc', format: 'qcow2' } },
  consolePath: '/state/slots/a/console.log',
  forwards: [
    { guestPort: 80, protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 20_000 },
    { guestPort: 7, protocol: 'udp', hostAddress: '127.0.0.1', hostPort: 20_001 },
  ],
}

const resumed: DomainSpec = {
  ...spec,
  ram: { kind: 'resume', path: '/state/bases/a,b/memory.raw' },
  disk: { path: '/state/slots/a/disk.qcow2', backing: { path: '/state/bases/a,b/disk.raw', format: 'raw' } },
}

const golden = (name: string) => readFileSync(join(import.meta.dirname, 'golden', `${name}.xml`), 'utf8')
const devicesOf = (xml: string) => /<devices>[\s\S]*<\/devices>/.exec(xml)![0]

describe('domainXml', () => {
  it('boots from a disk as it always did', () => expect(`${domainXml(spec)}\n`).toBe(golden('boot')))
  it('resumes from a base as it always did', () => expect(`${domainXml(resumed)}\n`).toBe(golden('resume')))

  it('shows the guest the same devices when it boots and when it is resumed', () => {
    const devices = (of: DomainSpec) => devicesOf(domainXml({ ...of, disk: spec.disk }))
    expect(devices(resumed)).toBe(devices(spec))
  })

  it('gives every PCI device a place of its own', () => {
    const slots = [...domainXml(spec).matchAll(/type="pci".*slot="(\w+)"/g)].map(([, slot]) => slot)
    expect(slots).toHaveLength(5)
    expect(new Set(slots).size).toBe(slots.length)
  })

  it('lets no value break out of its place', () => {
    const hostile = domainXml({ ...spec, owner: '"><evil/>', cpuModel: '</model><evil/>' })
    expect(hostile).not.toContain('<evil/>')
  })

  it('asks for KVM where the host has it', () => {
    expect(domainXml({ ...spec, accelerator: 'kvm' })).toContain('<domain type="kvm"')
  })
})

describe('readDomain', () => {
  it('reads back what was written', () => {
    expect(readDomain(domainXml(spec))).toEqual({
      owner: '5f0c7d52-6c0e-4d0a-9f43-1b7f0a3f2a11',
      slotId: '0f1e2d3c4b5a6978',
      arch: 'x86_64',
      accelerator: 'tcg',
      machineType: 'pc-q35-10.0',
      cpuModel: 'qemu64',
      cpus: 2,
      hasAgent: false,
    })
  })

  it('sees the agent as libvirt tells of it', () => {
    const xml = domainXml(spec).replace(
      '<target type="virtio" name="org.qemu.guest_agent.0"/>',
      "<target type='virtio' name='org.qemu.guest_agent.0' state='connected'/>",
    )
    expect(readDomain(xml)?.hasAgent).toBe(true)
  })

  it('knows a domain of somebody else', () => {
    expect(readDomain("<domain type='kvm'><name>bramble-x</name></domain>")).toBeUndefined()
  })
})
