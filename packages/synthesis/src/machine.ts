import { z } from 'zod'

const name = z.string().min(1).max(255)

export const ramBlockSchema = z.strictObject({ name, sizeBytes: z.int().positive() })

/** The machine a memory state was taken on; a state loads only into the same one (see checkMachineFits). */
export const machineSchema = z.strictObject({
  arch: name,
  accelerator: z.enum(['kvm', 'tcg']),
  /** Versioned, as the migration stream names it: `pc-q35-10.0`. */
  machineType: name,
  /** A named model, never `host` or `max`. */
  cpuModel: name,
  qemuVersion: z.string().regex(/^\d+\.\d+\.\d+$/),
  cpus: z.int().positive(),
  pageBytes: z.literal(4096),
  blocks: z.array(ramBlockSchema).min(1).max(256),
})

export type RamBlock = z.infer<typeof ramBlockSchema>
export type Machine = z.infer<typeof machineSchema>

/** What the caller knows of the machine; type, blocks and page size are read from the stream itself. */
export type MachineIdentity = Pick<Machine, 'arch' | 'accelerator' | 'cpuModel' | 'qemuVersion' | 'cpus'>

/** The RAM block that is filtered against the base (`-object memory-backend-*,id=base`). */
export const MAIN_BLOCK = 'base'
