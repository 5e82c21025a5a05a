import { z } from 'zod'
import { RevisionConflict } from '../messages/revision.ts'
import { Digest, FleetName, InvitationId, Name, NodeId, OperationId } from './ids.ts'
import { LabelPatch } from './labels.ts'
import { Accelerator, Arch } from './machine.ts'
import { stored } from './stored.ts'
import { Timestamp } from './time.ts'

/** What a host is: reported by its agent, changes seldom. */
export const HostFacts = z
  .object({
    hostname: z.string(),
    arch: Arch,
    driver: z.enum(['libvirt', 'simulated']),
    accelerator: Accelerator,
    cpus: z.number().int(),
    memoryBytes: z.number().int(),
    diskBytes: z.number().int(),
    agentVersion: z.string(),
    qemuVersion: z.string(),
    libvirtVersion: z.string(),
    machineTypes: z.array(z.string()),
    cpuModels: z.array(z.string()).meta({ description: 'named CPU models that this host can provide' }),
    advertisedAddress: z.string().meta({ description: 'address at which clients reach forwarded ports' }),
    listenerUrl: z.string().meta({ description: "the agent's own listener: consoles, exec; empty when it has none" }),
  })
  .meta({ id: 'HostFacts' })
export type HostFacts = z.infer<typeof HostFacts>

/** What is free now. */
export const HostFree = z
  .object({ memoryBytes: z.number().int(), diskBytes: z.number().int() })
  .meta({ id: 'HostFree' })
export type HostFree = z.infer<typeof HostFree>

export const Admission = z.enum(['seen', 'approved', 'draining', 'retired'])
export type Admission = z.infer<typeof Admission>
export const Liveness = z.enum(['ready', 'suspect', 'lost'])

/** By what a node proves that it is the host that joined. */
export const NodeIdentity = z
  .object({
    invitation: InvitationId,
    key: z.string().meta({ description: 'SHA-256 of its public key (DER), hexadecimal' }),
    joinedAt: Timestamp,
    certificateExpiresAt: Timestamp,
    fleet: FleetName.optional().meta({ description: 'with whose user it speaks at the broker; absent: its own' }),
  })
  .meta({ id: 'NodeIdentity' })
export type NodeIdentity = z.infer<typeof NodeIdentity>

/** The last thing that was done to a node on somebody's behalf; reports do not count. */
export const NodeDeed = z
  .object({
    verb: z.enum(['joined', 'approved', 'draining', 'undrained', 'retired', 'updated', 'rejoined', 'renewed']),
    at: Timestamp,
    by: z.string().meta({ description: 'id of the token, or of the invitation; `file` for the description' }),
    revision: z.number().int().meta({ description: 'that the node got by it' }),
  })
  .meta({ id: 'NodeDeed' })
export type NodeDeed = z.infer<typeof NodeDeed>

/** A worker host: `admission` is intent, `liveness` is derived, the rest its agent reports. */
export const Node = z
  .object({
    id: NodeId,
    cluster: z.string(),
    labels: z.record(z.string(), z.string()),
    admission: Admission,
    liveness: Liveness,
    frozen: z.string().optional().meta({ description: 'why it is not counted lost, silent as it is' }),
    lastSeenAt: Timestamp.optional(),
    host: HostFacts.optional(),
    free: HostFree.optional(),
    reserved: z.object({ memoryBytes: z.number().int(), cpus: z.number() }),
    instances: z.number().int(),
    cachedBases: z.array(Digest),
    cachedOverlays: z.array(Digest),
    identity: NodeIdentity.optional().meta({ description: 'of a node that joined and was not retired' }),
    refusedKeys: z
      .array(z.object({ key: z.string(), until: Timestamp }))
      .optional()
      .meta({ description: 'keys of retired hosts that had this name; until their certificates expire' }),
    deed: NodeDeed.optional(),
    conflict: RevisionConflict.optional().meta({ description: 'why it refused its last desired document' }),
    clockAheadMs: z.number().int().optional().meta({
      description: "by how much its clock is before the master's; negative when behind, and by the way of a report",
    }),
    troubles: z.array(z.string()).optional().meta({ description: 'what its agent cannot reach, or lately could not' }),
    ...stored,
  })
  .meta({ id: 'Node' })
export type Node = z.infer<typeof Node>

export const UpdateNode = z
  .object({ cluster: Name.optional(), labels: LabelPatch.optional() })
  .strict()
  .meta({ id: 'UpdateNode' })
export type UpdateNode = z.infer<typeof UpdateNode>

export const DrainNode = z
  .object({ evict: z.boolean().default(false).meta({ description: 'delete the instances that it has' }) })
  .strict()
  .meta({ id: 'DrainNode' })
export type DrainNode = z.infer<typeof DrainNode>

export const DrainedNode = z
  .object({
    node: Node,
    operations: z.array(OperationId).meta({ description: 'deletions of the instances that it had' }),
  })
  .meta({ id: 'DrainedNode' })
export type DrainedNode = z.infer<typeof DrainedNode>

export const RetireNode = z
  .object({
    force: z.boolean().default(false).meta({ description: 'give its instances up as lost; they may still run there' }),
  })
  .strict()
  .meta({ id: 'RetireNode' })
export type RetireNode = z.infer<typeof RetireNode>
