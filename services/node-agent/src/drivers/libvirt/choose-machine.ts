import type { DesiredSource, MachineSpec } from '@bramble/contracts'
import type { Machine } from '@bramble/synthesis'
import { MAIN_BLOCK } from '@bramble/synthesis'
import type { DriverHost } from '../driver.ts'
import type { DomainSpec } from './domain-xml.ts'
import { defaultCpuModel } from './host-facts.ts'

export type DiskSource = Extract<DesiredSource, { kind: 'disk' }>
export type SynthesisSource = Extract<DesiredSource, { kind: 'synthesis' }>

type MachineOfDomain = Pick<DomainSpec, 'arch' | 'accelerator' | 'machineType' | 'cpuModel' | 'cpus' | 'memoryBytes'>

/** What a VM that boots cold gets: what was asked for, and the host's choice for the rest. */
export const machineOfSpec = (spec: MachineSpec, host: DriverHost): MachineOfDomain => ({
  arch: spec.arch ?? host.arch,
  accelerator: host.accelerator,
  machineType: spec.machineType ?? host.machineTypes[0]!,
  cpuModel: spec.cpuModel ?? defaultCpuModel(host),
  cpus: spec.cpus,
  memoryBytes: spec.memoryBytes,
})

/** A resumed VM is what its base was. */
export const machineOfBase = (machine: Machine): MachineOfDomain => ({
  arch: machine.arch as MachineOfDomain['arch'],
  accelerator: machine.accelerator,
  machineType: machine.machineType,
  cpuModel: machine.cpuModel,
  cpus: machine.cpus,
  memoryBytes: machine.blocks.find(({ name }) => name === MAIN_BLOCK)!.sizeBytes,
})
