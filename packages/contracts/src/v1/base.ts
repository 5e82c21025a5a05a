import { z } from 'zod'
import { BaseId, Digest, Name } from './ids.ts'
import { Machine, MachineSpec } from './machine.ts'
import { Probe } from './port.ts'
import { stored } from './stored.ts'

/**
 * Annotation of the manifest of a base or an overlay, `true` or `false`: whether the QEMU guest agent answered when it was
 * taken.
 */
export const agentAnnotation = 'org.bramble.has-agent'

/** The largest disk of a base, as its guest sees it. */
export const maxDiskBytes = 64 * 2 ** 30

/** A base VM: disk, memory, device state and the machine they were taken on; immutable, named by its manifest's digest. */
export const Base = z
  .object({
    id: BaseId,
    name: Name,
    description: z.string(),
    status: z.enum(['creating', 'available']),
    digest: Digest.optional().meta({ description: 'digest of its manifest; there once available' }),
    machine: Machine.optional(),
    hasAgent: z
      .boolean()
      .optional()
      .meta({ description: 'whether a QEMU guest agent answers: without one, no clock is set and no exec' }),
    sizeBytes: z.number().int().optional().meta({ description: 'bytes of its layers, as stored and sent' }),
    diskBytes: z.number().int().optional().meta({ description: 'size of its virtual disk' }),
    ...stored,
  })
  .meta({ id: 'Base' })
export type Base = z.infer<typeof Base>

/** Boot a disk, wait until its probe answers, take disk and memory as a base. The disk is a blob pushed before. */
const FromDisk = z.object({ kind: z.literal('disk'), disk: Digest, machine: MachineSpec, probe: Probe }).strict()
/** Register a base whose manifest was pushed under /v2/bases/. */
const FromManifest = z.object({ kind: z.literal('manifest'), digest: Digest }).strict()

export const BaseSource = z.discriminatedUnion('kind', [FromDisk, FromManifest]).meta({ id: 'BaseSource' })
export type BaseSource = z.infer<typeof BaseSource>

export const CreateBase = z
  .object({ name: Name, description: z.string().max(2000).default(''), source: BaseSource })
  .strict()
  .meta({ id: 'CreateBase' })
export type CreateBase = z.infer<typeof CreateBase>
