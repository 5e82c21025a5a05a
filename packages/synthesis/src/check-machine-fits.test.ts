import type { HostMachine, Misfit } from './check-machine-fits.ts'
import { checkMachineFits } from './check-machine-fits.ts'
import type { Machine } from './machine.ts'

const machine: Machine = {
  arch: 'x86_64',
  accelerator: 'tcg',
  machineType: 'pc-q35-10.0',
  cpuModel: 'qemu64',
  qemuVersion: '10.0.2',
  cpus: 2,
  pageBytes: 4096,
  blocks: [
    { name: 'base', sizeBytes: 1 << 28 },
    { name: 'pc.bios', sizeBytes: 1 << 18 },
  ],
}

const host: HostMachine = {
  arch: 'x86_64',
  accelerators: ['tcg', 'kvm'],
  machineTypes: ['pc-q35-9.2', 'pc-q35-10.0'],
  cpuModels: ['qemu64', 'EPYC'],
  qemuVersion: '10.0.2',
  blocks: machine.blocks.toReversed(),
}

describe('checkMachineFits', () => {
  it.each<[string, Partial<HostMachine>]>([
    ['the same machine', {}],
    ['a newer QEMU', { qemuVersion: '10.1.0' }],
    ['a QEMU of two digits more', { qemuVersion: '11.0.0' }],
    ['blocks that are not known', { blocks: undefined }],
  ])('fits %s', (_what, change) => {
    expect(checkMachineFits(machine, { ...host, ...change })).toEqual({ fits: true })
  })

  it.each<[string, Partial<HostMachine>, Misfit['field']]>([
    ['another architecture', { arch: 'aarch64' }, 'arch'],
    ['no such accelerator', { accelerators: ['kvm'] }, 'accelerator'],
    ['no such machine type', { machineTypes: ['pc-q35-9.2'] }, 'machineType'],
    ['no such CPU', { cpuModels: ['EPYC'] }, 'cpuModel'],
    ['an older patch of QEMU', { qemuVersion: '10.0.1' }, 'qemuVersion'],
    ['an older QEMU with a larger patch', { qemuVersion: '9.9.9' }, 'qemuVersion'],
    ['a block of another size', { blocks: [{ name: 'base', sizeBytes: 1 << 28 }] }, 'blocks'],
  ])('does not fit %s, and says so', (_what, change, field) => {
    expect(checkMachineFits(machine, { ...host, ...change })).toMatchObject({ fits: false, misfits: [{ field }] })
  })

  it('names every reason', () => {
    const fit = checkMachineFits(machine, { ...host, arch: 'aarch64', cpuModels: [], qemuVersion: '7.2.0' })
    expect(fit).toMatchObject({ misfits: [{ field: 'arch' }, { field: 'cpuModel' }, { field: 'qemuVersion' }] })
  })
})
