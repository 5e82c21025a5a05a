import { z } from 'zod'
import { CaptureId, Digest, InstanceId, NodeId } from '../v1/ids.ts'
import { Incarnation } from '../v1/incarnation.ts'
import { MachineSpec } from '../v1/machine.ts'
import { Probe, Publish } from '../v1/port.ts'
import { ReportNumber } from './report-number.ts'
import { Revision } from './revision.ts'

// A REST body refuses keys that it does not know; a message may come from a newer master, so its reader ignores them.
const [HttpProbe, BannerProbe] = Probe.options
const ReadProbe = z.discriminatedUnion('kind', [HttpProbe.strip(), BannerProbe.strip()])

/** What a wanted instance starts from. Digests name manifests in the master's repositories `bases` and `overlays`, disks in `disks`. */
export const DesiredSource = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('synthesis'),
      base: Digest,
      overlay: Digest.optional(),
      hasAgent: z.boolean().optional().meta({ description: 'whether its guest has an agent; absent: it may' }),
    }),
    z.object({ kind: z.literal('disk'), disk: Digest, machine: MachineSpec.strip() }),
  ])
  .meta({ id: 'DesiredSource' })
export type DesiredSource = z.infer<typeof DesiredSource>

export const DesiredInstance = z
  .object({
    id: InstanceId,
    name: z.string(),
    source: DesiredSource,
    memoryBytes: z
      .number()
      .int()
      .meta({ description: 'what placement gave it; a VM resumed from memory has its base size' }),
    cpus: z.number(),
    publish: z.array(Publish.extend({ name: z.string().optional() }).strip()),
    probe: ReadProbe.optional().meta({ description: 'without one the instance counts as ready when it runs' }),
    stopAfterSeconds: z.number().int().optional().meta({
      description: 'it may run this long after the send of the last report that the master heard; absent: always',
    }),
    incarnation: Incarnation.optional().meta({ description: 'a VM of an earlier one is to be removed' }),
  })
  .meta({ id: 'DesiredInstance' })
export type DesiredInstance = z.infer<typeof DesiredInstance>

/** A one-shot act: done at most once per id; its outcome is repeated in every report until it is no longer named here. */
export const DesiredCapture = z
  .object({ id: CaptureId, instance: InstanceId, kind: z.enum(['base', 'overlay']) })
  .meta({ id: 'DesiredCapture' })
export type DesiredCapture = z.infer<typeof DesiredCapture>

/** A host whose certificate is not to be accepted, though it has not expired. */
export const RefusedNode = z
  .object({ node: NodeId, key: z.string().meta({ description: 'SHA-256 of its public key (DER), hexadecimal' }) })
  .meta({ id: 'RefusedNode' })
export type RefusedNode = z.infer<typeof RefusedNode>

/** Where a node may take blobs from before it asks the master. */
export const Neighbour = z.object({ node: NodeId, url: z.url() }).meta({ id: 'Neighbour' })
export type Neighbour = z.infer<typeof Neighbour>

/** The complete intended state of a node. */
export const DesiredNode = z
  .object({
    type: z.literal('desired.node.v1'),
    node: NodeId,
    revision: Revision,
    heard: ReportNumber.optional().meta({
      description:
        'the last report that the master had received when it made this; no part of what a revision stands for: it is newer in a document that is sent again',
    }),
    instances: z.array(DesiredInstance),
    captures: z.array(DesiredCapture),
    neighbours: z
      .array(Neighbour)
      .optional()
      .meta({ description: 'ready nodes of its cluster that have what its instances start from' }),
    factsLost: z.number().int().optional().meta({
      description:
        'how often the queue of facts was lost; a node that sees another number than before tells again what it told lately',
    }),
    refusedNodes: z.array(RefusedNode).optional().meta({ description: 'not approved yet, or retired' }),
  })
  .meta({ id: 'DesiredNode' })
export type DesiredNode = z.infer<typeof DesiredNode>
