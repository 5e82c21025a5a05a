import { z } from 'zod'
import { Timestamp } from './time.ts'

export const Version = z
  .object({
    version: z.string(),
    apiVersion: z.string(),
    nodeVersion: z.string(),
    shape: z.enum(['embedded', 'suite']),
    startedAt: Timestamp,
  })
  .meta({ id: 'Version' })
export type Version = z.infer<typeof Version>

/** The authority (CA) of a cloudlet, which signs the certificates of its master and nodes. */
export const Authority = z
  .object({
    certificate: z.string().meta({ description: 'PEM' }),
    fingerprint: z.string().meta({ description: 'SHA-256 of the certificate (DER), hexadecimal' }),
  })
  .meta({ id: 'Authority' })
export type Authority = z.infer<typeof Authority>

/** Health of the service and of each thing it depends on, by name. */
export const Health = z
  .object({
    status: z.enum(['ok', 'degraded']),
    checks: z.record(
      z.string(),
      z.object({
        ok: z.boolean(),
        detail: z.string().optional(),
        tookMs: z.number().optional(),
        lastOkAt: Timestamp.optional().meta({ description: 'when it was last seen to work, where that is watched' }),
      }),
    ),
  })
  .meta({ id: 'Health' })
export type Health = z.infer<typeof Health>

/** A service that the cloudlet is made of, the master's own dependencies among them. */
export const SystemService = z
  .object({
    name: z.string().meta({ description: 'the only one of that name: `cluster-master`, `store`, `node-agent/pi-07`' }),
    kind: z.string().meta({ description: 'cluster-master, store, bus, node-agent; further ones may come' }),
    host: z.string().meta({ description: 'where it runs, as far as it is known; empty when it is not' }),
    product: z.string().meta({ description: 'what it is by its own name: Bramble, MongoDB, SQLite, RabbitMQ' }),
    version: z.string().optional(),
    state: z.enum(['ready', 'degraded', 'suspect', 'lost', 'down']),
    detail: z.string().optional().meta({ description: 'what is wrong with it' }),
    lastSeenAt: Timestamp.optional(),
  })
  .meta({ id: 'SystemService' })
export type SystemService = z.infer<typeof SystemService>

/** A background task as it stands. */
export const TaskStatus = z
  .object({
    name: z.string(),
    periodMs: z.number(),
    runs: z.number().int(),
    failures: z.number().int(),
    running: z.boolean(),
    lastStartedAt: Timestamp.optional(),
    lastDurationMs: z.number().optional(),
    lastError: z.string().optional(),
  })
  .meta({ id: 'TaskStatus' })
export type TaskStatus = z.infer<typeof TaskStatus>

/** A fact that the master could not take, kept for people to look at. */
export const DeadFact = z
  .object({
    id: z.string(),
    key: z.string().meta({ description: 'who told it and what, `node.pi-07.instance.ready`' }),
    reason: z.string(),
    text: z.string().meta({ description: 'the message as it came, cut after 4096 characters; it need not be JSON' }),
    at: Timestamp,
  })
  .meta({ id: 'DeadFact' })
export type DeadFact = z.infer<typeof DeadFact>
