import { z } from 'zod'
import { CreateBase } from './base.ts'
import { OperationId } from './ids.ts'
import { Instance, LaunchInstance } from './instance.ts'
import { CreateOverlay } from './overlay.ts'
import { Problem } from './problem.ts'
import { stored } from './stored.ts'
import { Timestamp } from './time.ts'
import { Timings } from './timings.ts'

/** The whole intent of an operation: enough to do all its work from this document alone. */
export const Intent = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('instance.launch'),
      request: LaunchInstance,
      instance: Instance.omit({ revision: true, createdAt: true, updatedAt: true }),
    }),
    z.object({ kind: z.literal('instance.delete'), instance: Instance.shape.id }),
    z.object({
      kind: z.literal('instance.replace'),
      instance: Instance.shape.id,
      node: Instance.shape.node.meta({ description: 'where it was' }),
      incarnation: Instance.shape.incarnation.meta({ description: 'the one that is to be replaced' }),
    }),
    z.object({ kind: z.literal('base.create'), request: CreateBase }),
    z.object({ kind: z.literal('overlay.create'), request: CreateOverlay }),
  ])
  .meta({ id: 'Intent' })
export type Intent = z.infer<typeof Intent>

export const OperationStatus = z
  .enum(['pending', 'running', 'succeeded', 'failed', 'cancelled'])
  .meta({ id: 'OperationStatus' })
export type OperationStatus = z.infer<typeof OperationStatus>
export const isTerminal = (status: OperationStatus): boolean => ['succeeded', 'failed', 'cancelled'].includes(status)

export const Progress = z
  .object({
    done: z.number(),
    total: z.number(),
    unit: z.enum(['bytes', 'pages', 'steps']),
    ratePerSecond: z.number().optional(),
    etaSeconds: z.number().optional(),
  })
  .meta({ id: 'Progress' })
export type Progress = z.infer<typeof Progress>

export const ResourceRef = z
  .object({
    kind: z.enum([
      'node',
      'cluster',
      'base',
      'overlay',
      'service',
      'instance',
      'operation',
      'token',
      'invitation',
      'declaration',
    ]),
    id: z.string(),
  })
  .meta({ id: 'ResourceRef' })
export type ResourceRef = z.infer<typeof ResourceRef>

/** Asynchronous work: ends in exactly one of succeeded, failed, cancelled. */
export const Operation = z
  .object({
    id: OperationId,
    kind: z.enum(['instance.launch', 'instance.delete', 'instance.replace', 'base.create', 'overlay.create']),
    status: OperationStatus,
    phase: z.string().meta({ description: 'what it is doing now, for people' }),
    progress: Progress.optional(),
    resources: z.array(ResourceRef),
    intent: Intent,
    cancelRequested: z.boolean(),
    cancellable: z.boolean(),
    requestedBy: z.string().meta({ description: 'id of the token; `master` when nobody asked' }),
    requestId: z.string(),
    startedAt: Timestamp.optional(),
    endedAt: Timestamp.optional(),
    timings: Timings.optional(),
    error: Problem.optional(),
    ...stored,
  })
  .meta({ id: 'Operation' })
export type Operation = z.infer<typeof Operation>
