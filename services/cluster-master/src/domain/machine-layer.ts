import { Accelerator, Arch, RamBlock } from '@bramble/contracts'
import type { Machine } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import { z } from 'zod'
import { parseDocument } from './manifest.ts'

const MachineLayer = z.object({
  arch: Arch,
  accelerator: Accelerator,
  machineType: z.string(),
  cpuModel: z.string(),
  qemuVersion: z.string(),
  cpus: z.number().int().min(1),
  pageBytes: z.number().int(),
  blocks: z.array(RamBlock).min(1),
})

const IndexLayer = z.object({ spaces: z.object({ disk: z.object({ sizeBytes: z.number().int().min(0) }) }) })

/** The guest's main memory: the block that is mapped from the base. */
const mainBlock = 'base'

/** The machine that a base was taken on. @throws `manifest_invalid` */
export function parseMachineLayer(bytes: Uint8Array): Machine {
  const machine = parseDocument(MachineLayer, bytes, 'The machine layer')
  const main = machine.blocks.find(({ name }) => name === mainBlock)
  if (!main) throw new ProblemError('manifest_invalid', `The machine has no RAM block "${mainBlock}".`)
  return { ...machine, memoryBytes: main.sizeBytes }
}

/** Size of the virtual disk. @throws `manifest_invalid` */
export const parseDiskBytes = (bytes: Uint8Array): number =>
  parseDocument(IndexLayer, bytes, 'The index').spaces.disk.sizeBytes
