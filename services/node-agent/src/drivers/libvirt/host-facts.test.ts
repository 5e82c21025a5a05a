import { defaultCpuModel, readCpuModels, readMachineTypes, readQemuOwner } from './host-facts.ts'

const capabilities = `
<capabilities><host><secmodel><model>none</model><doi>0</doi></secmodel>
<secmodel><model>dac</model><doi>0</doi><baselabel type='kvm'>+64055:+106</baselabel></secmodel></host>
<guest><arch name='x86_64'><machine maxCpus='288' canonical='pc-q35-10.0'>q35</machine>
<machine maxCpus='288'>pc-q35-9.2</machine><machine maxCpus='288'>pc-q35-10.0</machine>
<machine maxCpus='1'>isapc</machine><machine maxCpus='288'>pc-q35-2.12</machine></arch></guest></capabilities>`

const domainCapabilities = `<mode name='custom' supported='yes'><model usable='yes' vendor='unknown'>qemu64</model>
<model usable='no' vendor='Intel'>Skylake-Server</model><model usable='yes' vendor='Intel'>Westmere</model></mode>`

describe('what libvirt tells of the host', () => {
  it('has versioned machine types, newest first', () => {
    expect(readMachineTypes(capabilities)).toEqual(['pc-q35-10.0', 'pc-q35-9.2', 'pc-q35-2.12'])
  })
  it('has the CPU models that are usable', () => {
    expect(readCpuModels(domainCapabilities)).toEqual(['qemu64', 'Westmere'])
  })
  it('has the user of QEMU', () => expect(readQemuOwner(capabilities)).toEqual({ uid: 64055, gid: 106 }))
})

it.each([
  ['tcg', ['Westmere', 'qemu64'], 'qemu64'],
  ['kvm', ['qemu64', 'Nehalem', 'Westmere'], 'Westmere'],
  ['kvm', ['qemu64', 'kvm64'], 'kvm64'],
] as const)('under %s of %j it chooses %s', (accelerator, cpuModels, chosen) => {
  expect(defaultCpuModel({ accelerator, cpuModels: [...cpuModels] })).toBe(chosen)
})
