import { z } from 'zod'

const MiB = 1024 * 1024

export const Arch = z.enum(['x86_64', 'aarch64']).meta({ id: 'Arch' })
export type Arch = z.infer<typeof Arch>

export const Accelerator = z
  .enum(['kvm', 'tcg'])
  .meta({ id: 'Accelerator', description: 'tcg is software emulation: slow, and no security boundary' })
export type Accelerator = z.infer<typeof Accelerator>

export const MemoryBytes = z
  .number()
  .int()
  .min(16 * MiB)
  .max(1024 * 1024 * MiB)

/** The machine wanted for a VM that boots cold, to make a base of it. What is left out the node chooses and records. */
export const MachineSpec = z
  .object({
    memoryBytes: MemoryBytes.default(512 * MiB),
    cpus: z.number().int().min(1).max(256).default(1),
    arch: Arch.optional(),
    machineType: z
      .string()
      .max(64)
      .regex(/^[a-zA-Z0-9._-]+$/)
      .optional()
      .meta({ description: 'versioned, such as pc-q35-10.0' }),
    cpuModel: z
      .string()
      .max(64)
      .regex(/^[a-zA-Z0-9._-]+$/)
      .optional()
      .meta({ description: 'named, never host or max' }),
  })
  .strict()
  .meta({ id: 'MachineSpec' })
export type MachineSpec = z.infer<typeof MachineSpec>

/** One RAM block of the machine, as QEMU's migration stream names it. */
export const RamBlock = z.object({ name: z.string(), sizeBytes: z.number().int() }).meta({ id: 'RamBlock' })
export type RamBlock = z.infer<typeof RamBlock>

/** The machine a base was taken on. A node fits when these match and its QEMU is the same or newer. */
export const Machine = z
  .object({
    arch: Arch,
    accelerator: Accelerator,
    machineType: z.string(),
    cpuModel: z.string(),
    qemuVersion: z.string(),
    cpus: z.number().int(),
    memoryBytes: z.number().int(),
    pageBytes: z.number().int(),
    blocks: z.array(RamBlock),
  })
  .meta({ id: 'Machine' })
export type Machine = z.infer<typeof Machine>
