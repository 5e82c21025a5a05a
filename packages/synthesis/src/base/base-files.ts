/** A base as it lies on a node: immutable files (0444) in one folder, which appears as a whole or not at all. */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Descriptor } from '../artifact/manifest.ts'
import { SynthesisError } from '../error.ts'
import type { Machine } from '../machine.ts'
import { machineSchema } from '../machine.ts'
import type { Spaces } from '../page.ts'

export type BaseFiles = {
  dir: string
  /** Of the base's manifest; an overlay names it as its subject. */
  descriptor: Descriptor
  diskPath: string
  memoryPath: string
  statePath: string
  hashesPath: string
  machine: Machine
  spaces: Spaces
  splice: { offset: number; sectionId: number }
}

const size = z.strictObject({ sizeBytes: z.int().nonnegative() })

const descriptionSchema = z.strictObject({
  descriptor: z.strictObject({ mediaType: z.string(), digest: z.string(), sizeBytes: z.int() }),
  machine: machineSchema,
  spaces: z.strictObject({ memory: size, disk: size }),
  splice: z.strictObject({ offset: z.int(), sectionId: z.int() }),
})

export type BaseDescription = z.infer<typeof descriptionSchema>

export const baseFilePaths = (dir: string) => ({
  diskPath: join(dir, 'disk.raw'),
  memoryPath: join(dir, 'memory.raw'),
  statePath: join(dir, 'state'),
  hashesPath: join(dir, 'hashes'),
  descriptionPath: join(dir, 'base.json'),
})

/** Opens a materialized base; throws `base_corrupt` when its files do not have the sizes they must have. */
export async function openBase(dir: string): Promise<BaseFiles> {
  const { descriptionPath, ...paths } = baseFilePaths(dir)
  const description = parseDescription(await readFile(descriptionPath, 'utf8'))
  await mustHaveSize(paths.diskPath, description.spaces.disk.sizeBytes)
  await mustHaveSize(paths.memoryPath, description.spaces.memory.sizeBytes)
  return { dir, ...paths, ...description }
}

function parseDescription(text: string): BaseDescription {
  try {
    return descriptionSchema.parse(JSON.parse(text))
  } catch (cause) {
    throw new SynthesisError('base_corrupt', 'The description of the base cannot be read', { cause })
  }
}

async function mustHaveSize(path: string, sizeBytes: number): Promise<void> {
  const found = await stat(path)
  if (found.size === sizeBytes) return
  throw new SynthesisError('base_corrupt', `${path} has ${found.size} bytes instead of ${sizeBytes}`)
}
