import { z } from 'zod'
import { Incarnation } from './incarnation.ts'
import { BaseId, Digest, InstanceId, Name, NodeId, OperationId, OverlayId, ServiceId } from './ids.ts'
import { Forward, Publish, PublishList } from './port.ts'
import { Problem } from './problem.ts'
import { Amount } from './service.ts'
import { stored } from './stored.ts'
import { Timestamp } from './time.ts'
import { Timings } from './timings.ts'
import { WhenLost } from './when-lost.ts'

/** Where an instance is in its life; what may be done in each phase is `instanceCan`. */
export const InstancePhase = z.enum(['pending', 'preparing', 'starting', 'running', 'failed', 'deleting']).meta({
  id: 'InstancePhase',
  description:
    'pending: placed, node has not begun; preparing: fetching base and overlay; starting: VM starts, probe not answered; running: ready; failed: see problem; deleting',
})
export type InstancePhase = z.infer<typeof InstancePhase>

/** What an instance runs from. */
export const InstanceSource = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('service'), service: ServiceId, version: z.string(), overlay: OverlayId, base: BaseId }),
    z.object({ kind: z.literal('overlay'), overlay: OverlayId, base: BaseId }),
    z.object({ kind: z.literal('base'), base: BaseId }),
    z.object({ kind: z.literal('disk'), disk: Digest }),
  ])
  .meta({ id: 'InstanceSource' })
export type InstanceSource = z.infer<typeof InstanceSource>

export const InstanceStatus = z
  .object({
    phase: InstancePhase,
    detail: z.string().optional().meta({ description: 'what it is doing now' }),
    forwards: z.array(Forward),
    domainUuid: z.string().optional(),
    clock: z
      .enum(['set', 'noAgent'])
      .optional()
      .meta({ description: 'whether the guest clock was set after the resume' }),
    startedAt: Timestamp.optional(),
    readyAt: Timestamp.optional(),
    timings: Timings.optional(),
    problem: Problem.optional(),
  })
  .meta({ id: 'InstanceStatus' })
export type InstanceStatus = z.infer<typeof InstanceStatus>

/** One running (or wanted) Service VM. */
export const Instance = z
  .object({
    id: InstanceId,
    name: Name,
    source: InstanceSource,
    node: NodeId,
    reserved: Amount.meta({ description: 'what placement reserved for it' }),
    publish: z.array(Publish.extend({ name: z.string().optional() })),
    operation: OperationId.meta({ description: 'the operation that launched it' }),
    whenLost: WhenLost.optional().meta({ description: 'absent: keep' }),
    incarnation: Incarnation.optional().meta({ description: 'how often it was replaced; absent: never' }),
    status: InstanceStatus,
    ...stored,
  })
  .meta({ id: 'Instance' })
export type Instance = z.infer<typeof Instance>

/** Launch a service, an overlay, or a bare base (an edit session): exactly one of the three, by name or id. */
export const LaunchInstance = z
  .object({
    name: Name.optional(),
    service: z.string().optional(),
    overlay: z.string().optional(),
    base: z.string().optional(),
    node: NodeId.optional().meta({ description: 'run it there and nowhere else, until it is replaced' }),
    publish: PublishList.default([]),
    whenLost: WhenLost.optional().meta({ description: "absent: the service's" }),
  })
  .strict()
  .refine((it) => [it.service, it.overlay, it.base].filter(Boolean).length === 1, {
    message: 'name exactly one of service, overlay, base',
  })
  .meta({ id: 'LaunchInstance' })
export type LaunchInstance = z.infer<typeof LaunchInstance>

/** Run a command in the guest through its agent. */
export const ExecRequest = z
  .object({
    command: z.array(z.string().max(100_000)).min(1).max(1000),
    stdinBase64: z.string().max(8_000_000).optional(),
    timeoutSeconds: z.number().int().min(1).max(3600).default(60),
  })
  .strict()
  .meta({ id: 'ExecRequest' })
export type ExecRequest = z.infer<typeof ExecRequest>

export const ExecResult = z
  .object({ exitCode: z.number().int(), stdoutBase64: z.string(), stderrBase64: z.string(), truncated: z.boolean() })
  .meta({ id: 'ExecResult' })
export type ExecResult = z.infer<typeof ExecResult>
