import { z } from 'zod'
import { InstanceId, NodeId } from '../v1/ids.ts'
import { Timestamp } from '../v1/time.ts'

/** Something that happened on a node, told at least once; `id` makes a second telling harmless. */
export const InstanceFact = z
  .object({
    type: z.literal('fact.instance.v1'),
    id: z.string().min(1).max(200),
    node: NodeId,
    at: Timestamp,
    instance: InstanceId,
    verb: z.enum(['started', 'ready', 'adopted', 'failed', 'deleted']),
    detail: z.string().optional(),
  })
  .meta({ id: 'InstanceFact' })
export type InstanceFact = z.infer<typeof InstanceFact>

export const Fact = z.discriminatedUnion('type', [InstanceFact]).meta({ id: 'Fact' })
export type Fact = z.infer<typeof Fact>
