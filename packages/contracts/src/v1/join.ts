import { z } from 'zod'
import { Name, NodeId } from './ids.ts'
import { JoinToken } from './join-token.ts'
import { Admission } from './node.ts'

/** How a host becomes a node. Sent again with the same key it is answered again, with fresh secrets. */
export const JoinRequest = z
  .object({
    token: JoinToken,
    node: NodeId.optional().meta({ description: 'the name that it would like, unless the invitation names one' }),
    cluster: Name.optional().meta({ description: "refused unless it is the invitation's" }),
    csr: z
      .string()
      .max(8192)
      .meta({ description: 'PKCS #10 in PEM, signed with an EC P-256 or Ed25519 key that never leaves the host' }),
  })
  .strict()
  .meta({ id: 'JoinRequest' })
export type JoinRequest = z.infer<typeof JoinRequest>

export const JoinedNode = z
  .object({
    node: NodeId,
    cluster: Name,
    admission: Admission,
    nodeToken: z.string().meta({ description: 'bearer token of the role `node`; the one before counts no more' }),
    certificate: z.string().meta({ description: 'PEM; CN node.<id>, for its listener and as a client' }),
    caCertificate: z.string().meta({ description: 'PEM; who signs nodes and master of this cloudlet' }),
  })
  .meta({ id: 'JoinedNode' })
export type JoinedNode = z.infer<typeof JoinedNode>

/** A certificate for the key that the node joined with, before the one that it has expires. */
export const RenewCertificate = JoinRequest.pick({ csr: true }).strict().meta({ id: 'RenewCertificate' })
export const RenewedCertificate = JoinedNode.pick({ certificate: true, caCertificate: true }).meta({
  id: 'RenewedCertificate',
})
export type RenewedCertificate = z.infer<typeof RenewedCertificate>

/** With what an approved node connects to the broker; a new password each time. */
export const BrokerAccess = z
  .object({
    urls: z.array(z.string()).min(1).meta({ description: 'amqp://host:port, without user and password' }),
    user: z.string(),
    password: z.string(),
  })
  .meta({ id: 'BrokerAccess' })
export type BrokerAccess = z.infer<typeof BrokerAccess>

/** What the master leaves for a service of its own host: with the authority that the broker's certificate is of. */
export const SiteBrokerAccess = BrokerAccess.extend({ caCertificate: z.string() })
export type SiteBrokerAccess = z.infer<typeof SiteBrokerAccess>
