import { z } from 'zod'
import { ResourceRef } from './operation.ts'
import { Timestamp } from './time.ts'

/** Something changed: numbered once for the whole cloudlet; `sequence` is the id on the event stream. */
export const Event = z
  .object({
    sequence: z.number().int().min(1),
    id: z.string().meta({ description: 'id and revision of the document that changed, `op-…:3`' }),
    type: z.string().meta({ description: 'noun and past verb or status, `operation.succeeded`' }),
    at: Timestamp,
    resource: ResourceRef,
    summary: z.string(),
  })
  .meta({ id: 'Event' })
export type Event = z.infer<typeof Event>
