import { z } from 'zod'
import { OverlayId, ServiceId } from './ids.ts'
import { Arch, MemoryBytes } from './machine.ts'
import { Probe, ServicePorts } from './port.ts'
import { stored } from './stored.ts'
import { WhenLost } from './when-lost.ts'

export const Amount = z
  .object({ memoryBytes: MemoryBytes, cpus: z.number().min(0.01).max(256) })
  .strict()
  .meta({ id: 'Amount' })
export type Amount = z.infer<typeof Amount>

/** What an instance of the service runs from, per kind of machine. */
export const Variant = z
  .object({ kind: z.literal('vm'), arch: Arch, overlay: OverlayId })
  .strict()
  .meta({ id: 'Variant' })
export type Variant = z.infer<typeof Variant>

const body = {
  version: z.string().min(1).max(64),
  description: z.string().max(2000),
  tags: z.array(z.string().min(1).max(64)).max(64),
  ports: ServicePorts,
  resources: z.object({ min: Amount, ideal: Amount }).strict(),
  maxClients: z.number().int().min(0).meta({ description: 'most clients that may share one instance; 0 = no limit' }),
  probe: Probe.optional(),
  variants: z.array(Variant).max(16),
  whenLost: WhenLost.optional().meta({ description: 'of instances that are launched without; absent: keep' }),
}

/** A catalogue entry: what a client asks for by name. */
export const Service = z.object({ id: ServiceId, ...body, ...stored }).meta({ id: 'Service' })
export type Service = z.infer<typeof Service>

const smallest = { memoryBytes: 64 * 1024 * 1024, cpus: 1 }

/** A variant as its author names it: the overlay by name or id. The arch is its base's. */
const VariantInput = z.object({ kind: z.literal('vm').default('vm'), overlay: z.string() }).strict()

export const CreateService = z
  .object({
    id: ServiceId,
    version: body.version.default('1'),
    description: body.description.default(''),
    tags: body.tags.default([]),
    ports: body.ports.default([]),
    resources: z
      .object({ min: Amount.default(smallest), ideal: Amount.optional() })
      .strict()
      .default({ min: smallest })
      .transform(({ min, ideal }) => ({ min, ideal: ideal ?? min })),
    maxClients: body.maxClients.default(0),
    probe: Probe.optional(),
    variants: z.array(VariantInput).max(16).default([]),
    whenLost: body.whenLost,
  })
  .strict()
  .meta({ id: 'CreateService' })
export type CreateService = z.infer<typeof CreateService>

/** Merge patch (RFC 7396) of a service: what is named is replaced, `probe: null` removes it. */
export const UpdateService = z
  .object({
    version: body.version,
    description: body.description,
    tags: body.tags,
    ports: body.ports,
    resources: z.object({ min: Amount.partial(), ideal: Amount.partial() }).partial().strict(),
    maxClients: body.maxClients,
    probe: Probe.nullable(),
    variants: z.array(VariantInput).max(16),
    whenLost: WhenLost,
  })
  .partial()
  .strict()
  .meta({ id: 'UpdateService' })
export type UpdateService = z.infer<typeof UpdateService>
