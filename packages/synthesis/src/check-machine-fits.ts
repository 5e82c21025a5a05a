import type { Machine, RamBlock } from './machine.ts'

/** What a node offers; `blocks` only where they are known (from another state taken there). */
export type HostMachine = {
  arch: string
  accelerators: readonly string[]
  machineTypes: readonly string[]
  cpuModels: readonly string[]
  qemuVersion: string
  blocks?: readonly RamBlock[]
}

export type Misfit = {
  field: 'arch' | 'accelerator' | 'machineType' | 'cpuModel' | 'qemuVersion' | 'blocks'
  wanted: string
  found: string
}

export type Fit = { fits: true } | { fits: false; misfits: Misfit[] }

/** Whether a state taken on `machine` can be loaded on `host`, with every reason why not. */
export function checkMachineFits(machine: Machine, host: HostMachine): Fit {
  const misfits = [
    mustBeAmong('arch', machine.arch, [host.arch]),
    mustBeAmong('accelerator', machine.accelerator, host.accelerators),
    mustBeAmong('machineType', machine.machineType, host.machineTypes),
    mustBeAmong('cpuModel', machine.cpuModel, host.cpuModels),
    isSameOrNewer(host.qemuVersion, machine.qemuVersion)
      ? []
      : [{ field: 'qemuVersion' as const, wanted: `>= ${machine.qemuVersion}`, found: host.qemuVersion }],
    host.blocks === undefined ? [] : mustBeAmong('blocks', listBlocks(machine.blocks), [listBlocks(host.blocks)]),
  ].flat()
  return misfits.length === 0 ? { fits: true } : { fits: false, misfits }
}

const mustBeAmong = (field: Misfit['field'], wanted: string, found: readonly string[]): Misfit[] =>
  found.includes(wanted) ? [] : [{ field, wanted, found: found.join(', ') }]

function isSameOrNewer(version: string, than: string): boolean {
  const [ours, theirs] = [version, than].map((text) => text.split('.').map(Number))
  const index = ours!.findIndex((part, at) => part !== theirs![at])
  return index === -1 || ours![index]! > (theirs![index] ?? 0)
}

/** Order does not matter to QEMU: it finds a block by its name. */
export const listBlocks = (blocks: readonly RamBlock[]): string =>
  blocks
    .map(({ name, sizeBytes }) => `${name}=${sizeBytes}`)
    .sort()
    .join(' ')
