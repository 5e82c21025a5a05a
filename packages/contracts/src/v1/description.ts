// What an admin says of a testbed, in one document (config/bramble.yaml): what it names is made so, what it does not name
// is left alone. Items stand under their names, so that none can be there twice.
import { z } from 'zod'
import { mistakesBetween } from './description-links.ts'
import { Name, NodeId } from './ids.ts'
import { Labels } from './labels.ts'
import { parseNodeRange } from './node-range.ts'
import { FilterName, ScoreName } from './policy.ts'

const notTwice = (items: readonly string[]) => new Set(items).size === items.length

export const MacAddress = z
  .string()
  .regex(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i, 'a MAC address such as b8:27:eb:01:02:03')
  .toLowerCase()
  .meta({ id: 'MacAddress' })

const isRangeOfNodes = (text: string) => parseNodeRange(text)?.every((node) => NodeId.safeParse(node).success) ?? false

/** `pi-07`, or a range: `pi[01-16]`. */
export const NodeRange = z
  .string()
  .max(200)
  .refine(isRangeOfNodes, 'a name such as pi-07 or a range such as pi[01-16,20]')

export const InterfaceSpec = z
  .strictObject({
    name: z
      .string()
      .regex(/^[^\s/:]{1,15}$/, 'a network interface such as eth0')
      .meta({ description: 'the interface of the master’s host in the LAN of the nodes' }),
    site: Name.default('default').meta({ description: 'the network segment that it is in' }),
  })
  .meta({ id: 'InterfaceSpec' })
export type InterfaceSpec = z.infer<typeof InterfaceSpec>

export const ClusterSpec = z
  .strictObject({
    labels: Labels.optional(),
    policy: Name.optional().meta({
      description: 'which of its nodes takes an instance; the default one when left out',
    }),
  })
  .meta({ id: 'ClusterSpec' })
export type ClusterSpec = z.infer<typeof ClusterSpec>

/** A node, or all of a range. */
export const NodeSpec = z
  .strictObject({
    cluster: Name.optional(),
    labels: Labels.optional(),
    macs: z
      .array(MacAddress)
      .max(5000)
      .refine(notTwice, 'a MAC address is there twice')
      .optional()
      .meta({ description: 'those of the node; of a range one for each node, in its order' }),
    model: z.string().min(1).max(100).optional(),
  })
  .meta({ id: 'NodeSpec' })
export type NodeSpec = z.infer<typeof NodeSpec>

export const PolicySpec = z
  .strictObject({
    filters: z
      .array(FilterName)
      .refine(notTwice, 'a filter is there twice')
      .optional()
      .meta({ description: 'what a node must pass; all filters when left out' }),
    scores: z
      .array(ScoreName)
      .min(1)
      .refine(notTwice, 'a score is there twice')
      .meta({ description: 'the first that tells two nodes apart decides' }),
  })
  .meta({ id: 'PolicySpec' })
export type PolicySpec = z.infer<typeof PolicySpec>

/** Roles of people and scripts; nodes and devices get theirs by joining and pairing. */
export const UserRole = z.enum(['admin', 'operator', 'researcher', 'viewer'])

export const UserSpec = z
  .strictObject({ roles: z.array(UserRole).min(1).refine(notTwice, 'a role is there twice') })
  .meta({ id: 'UserSpec' })
export type UserSpec = z.infer<typeof UserSpec>

export const PlacementSpec = z
  .strictObject({ policy: Name.meta({ description: 'the default policy: one of policies, or least-reserved' }) })
  .meta({ id: 'PlacementSpec' })
export type PlacementSpec = z.infer<typeof PlacementSpec>

/** The sections and their shapes; whether they fit together is another matter. */
export const DescriptionShape = z.strictObject({
  interface: InterfaceSpec.optional(),
  clusters: z.record(Name, ClusterSpec).optional(),
  nodes: z.record(NodeRange, NodeSpec).optional(),
  policies: z.record(Name, PolicySpec).optional(),
  placement: PlacementSpec.optional(),
  users: z.record(Name, UserSpec).optional(),
})

/** Of one item, in each section whose items have names. */
export const itemSpecs = { clusters: ClusterSpec, nodes: NodeSpec, policies: PolicySpec, users: UserSpec } as const

export const Description = DescriptionShape.superRefine((description, context) => {
  for (const { path, message } of mistakesBetween(description)) context.addIssue({ code: 'custom', path, message })
}).meta({ id: 'Description' })
export type Description = z.infer<typeof Description>
