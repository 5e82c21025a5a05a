import { z } from 'zod'
import { Revision } from '../messages/revision.ts'
import { CaptureId, InstanceId, NodeId } from './ids.ts'
import { Progress } from './operation.ts'
import { Timestamp } from './time.ts'

/** A node from inside, as its agent stands now: what it was told, what it has written down, what it does, what runs. */
export const Inspection = z
  .object({
    node: NodeId,
    at: Timestamp,
    agentVersion: z.string(),
    desired: z
      .object({ revision: Revision, instances: z.array(InstanceId), captures: z.array(CaptureId) })
      .optional()
      .meta({ description: 'the document that it obeys; absent until it got one' }),
    ledger: z.object({
      instances: z.array(
        z.object({
          id: InstanceId,
          name: z.string(),
          phase: z.string().meta({ description: 'allocated, started, ready, failed or deleted' }),
          slot: z.string().optional(),
          untoldFacts: z.number().int().meta({ description: 'facts that the broker has not confirmed' }),
        }),
      ),
      captures: z.array(z.object({ id: CaptureId, instance: InstanceId, outcome: z.enum(['none', 'done', 'failed']) })),
    }),
    jobs: z.array(
      z.object({ step: z.string(), of: z.string(), detail: z.string().optional(), progress: Progress.optional() }),
    ),
    domains: z
      .array(z.object({ slot: z.string(), domainUuid: z.string(), state: z.string() }))
      .optional()
      .meta({ description: 'absent while the hypervisor cannot be asked' }),
    troubles: z.array(z.string()),
  })
  .meta({ id: 'Inspection' })
export type Inspection = z.infer<typeof Inspection>
