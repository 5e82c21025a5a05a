import { z } from 'zod'
import { RevisionConflict } from '../messages/revision.ts'
import { Digest, NodeId } from './ids.ts'
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
export const Liveness = z.enum(['ready', 'suspect', 'lost'])

/** A worker host: `admission` is intent, `liveness` is derived, the rest its agent reports. */
export const Node = z
  .object({
    id: NodeId,
    cluster: z.string(),
    labels: z.record(z.string(), z.string()),
    admission: Admission,
    liveness: Liveness,
    lastSeenAt: Timestamp.optional(),
    host: HostFacts.optional(),
    free: HostFree.optional(),
    reserved: z.object({ memoryBytes: z.number().int(), cpus: z.number() }),
    instances: z.number().int(),
    cachedBases: z.array(Digest),
    cachedOverlays: z.array(Digest),
    conflict: RevisionConflict.optional().meta({ description: 'why it refused its last desired document' }),
    ...stored,
  })
  .meta({ id: 'Node' })
export type Node = z.infer<typeof Node>
