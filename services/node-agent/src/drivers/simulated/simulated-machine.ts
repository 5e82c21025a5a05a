import type { Machine } from '@bramble/contracts'
import type { DriverHost } from '../driver.ts'
import type { SimulatedHypervisor } from './simulated-hypervisor.ts'

const qemuVersion = '10.0.2'
const machineType = 'pc-q35-10.0'
export const simulatedCpuModels = ['qemu64', 'Nehalem']

export const describeSimulatedHost = ({ options }: SimulatedHypervisor): DriverHost => ({
  hostname: options.hostname,
  arch: 'x86_64',
  driver: 'simulated',
  accelerator: 'tcg',
  cpus: options.cpus,
  memoryBytes: options.memoryBytes,
  diskBytes: options.diskBytes,
  qemuVersion,
  libvirtVersion: '11.3.0',
  machineTypes: [machineType],
  cpuModels: simulatedCpuModels,
})

export const simulatedMachine = (memoryBytes: number): Machine => ({
  arch: 'x86_64',
  accelerator: 'tcg',
  machineType,
  cpuModel: 'qemu64',
  qemuVersion,
  cpus: 1,
  memoryBytes,
  pageBytes: 4096,
  blocks: [{ name: 'base', sizeBytes: memoryBytes }],
})
