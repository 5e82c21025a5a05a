import { z } from 'zod'
import { FleetName, InvitationId, Name, NodeId } from './ids.ts'
import { Labels } from './labels.ts'
import { stored } from './stored.ts'
import { Timestamp } from './time.ts'

const longestSeconds = 600

/** Leave for hosts to join as nodes, `uses` of them; the secret that goes with it is stored as a hash. */
export const Invitation = z
  .object({
    id: InvitationId,
    cluster: Name,
    labels: Labels,
    node: NodeId.optional().meta({ description: 'the only name that it is good for' }),
    fleet: FleetName.optional().meta({ description: 'nodes called after it share one user at the broker' }),
    uses: z.number().int(),
    used: z.number().int(),
    refused: z
      .number()
      .int()
      .meta({ description: 'joins refused because it was used up: somebody else has the token' }),
    needsApproval: z.boolean().meta({ description: 'nodes get nothing to do until they are approved' }),
    expiresAt: Timestamp,
    createdBy: z.string().meta({ description: 'id of the token' }),
    ...stored,
  })
  .meta({ id: 'Invitation' })
export type Invitation = z.infer<typeof Invitation>

export const CreateInvitation = z
  .object({
    cluster: Name.default('default'),
    labels: Labels.default({}),
    node: NodeId.optional(),
    fleet: FleetName.optional(),
    uses: z.number().int().min(1).max(5000).default(1),
    needsApproval: z.boolean().default(false),
    expiresInSeconds: z.number().int().min(1).max(longestSeconds).default(longestSeconds),
  })
  .strict()
  .refine(({ node, uses }) => node === undefined || uses === 1, {
    path: ['uses'],
    message: 'a name is good for one host',
  })
  .refine(({ node, fleet }) => node === undefined || fleet === undefined, {
    path: ['fleet'],
    message: 'a fleet has many nodes: name no single one',
  })
  .meta({ id: 'CreateInvitation' })
export type CreateInvitation = z.infer<typeof CreateInvitation>

/** An invitation just made: the only time that its token is shown. */
export const CreatedInvitation = z
  .object({
    invitation: Invitation,
    token: z.string().meta({ description: 'what a host joins with: `join_…`' }),
    masterUrl: z.string().optional().meta({ description: 'where other hosts reach the master, if it was told so' }),
  })
  .meta({ id: 'CreatedInvitation' })
export type CreatedInvitation = z.infer<typeof CreatedInvitation>
