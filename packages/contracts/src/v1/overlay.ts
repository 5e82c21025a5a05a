import { z } from 'zod'
import { BaseId, Digest, Name, OverlayId } from './ids.ts'
import { stored } from './stored.ts'

/** How an overlay's bytes came about: pages and bytes by kind. */
export const OverlayStats = z
  .object({
    memoryPages: z.number().int(),
    diskPages: z.number().int(),
    zeroPages: z.number().int(),
    basePages: z.number().int().meta({ description: 'copies of a page of the base' }),
    duplicatePages: z.number().int().meta({ description: 'copies of an earlier page of this overlay' }),
    literalPages: z.number().int(),
    literalBytes: z.number().int(),
    storedBytes: z.number().int(),
  })
  .meta({ id: 'OverlayStats' })
export type OverlayStats = z.infer<typeof OverlayStats>

/** What a customised VM differs by from its base, in disk and memory; immutable, named by its manifest's digest. */
export const Overlay = z
  .object({
    id: OverlayId,
    name: Name,
    description: z.string(),
    status: z.enum(['creating', 'available']),
    base: BaseId.optional(),
    baseDigest: Digest.optional(),
    digest: Digest.optional(),
    hasAgent: z.boolean().optional().meta({ description: 'whether a QEMU guest agent answers' }),
    sizeBytes: z.number().int().optional(),
    stats: OverlayStats.optional(),
    ...stored,
  })
  .meta({ id: 'Overlay' })
export type Overlay = z.infer<typeof Overlay>

/** Save what a running instance differs by from its base; it runs on. */
const FromInstance = z.object({ kind: z.literal('instance'), instance: z.string() }).strict()
/** Register an overlay whose manifest was pushed under /v2/overlays/. */
const FromManifest = z.object({ kind: z.literal('manifest'), digest: Digest }).strict()

export const OverlaySource = z.discriminatedUnion('kind', [FromInstance, FromManifest]).meta({ id: 'OverlaySource' })
export type OverlaySource = z.infer<typeof OverlaySource>

export const CreateOverlay = z
  .object({ name: Name, description: z.string().max(2000).default(''), source: OverlaySource })
  .strict()
  .meta({ id: 'CreateOverlay' })
export type CreateOverlay = z.infer<typeof CreateOverlay>
