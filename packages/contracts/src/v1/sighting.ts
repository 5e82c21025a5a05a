import { z } from 'zod'
import { NodeId } from './ids.ts'
import { Timestamp } from './time.ts'

/** Under which types cloudlets, and hosts that wait for a join token, tell networks of themselves (RFC 6763). */
export const serviceTypes = { cloudlet: '_cloudlet._tcp', agent: '_bramble-agent._tcp' } as const

/** A place from which a network is looked at: a discovery service, by the name that its settings give it. */
export const SiteId = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'a DNS label such as shelf-1')
  .brand<'SiteId'>()
  .meta({ id: 'SiteId' })
export type SiteId = z.infer<typeof SiteId>

/** As it was told on the network, by whomever: nothing of it is checked. */
const Told = z.string().max(255)

const sighted = {
  addresses: z.array(Told),
  port: z.number().int(),
  version: Told.optional(),
  firstSeenAt: Timestamp,
  lastSeenAt: Timestamp.meta({ description: 'when it was last told of itself' }),
}

/** Another cloudlet that told of itself on a network that one of ours looks at. */
export const CloudletSighting = z
  .object({
    id: Told.meta({ description: 'the name under which it is told' }),
    ...sighted,
    url: z.string().optional().meta({ description: 'of its API, if it told how that is reached' }),
    path: Told.optional(),
    encryption: z.enum(['none', 'tls', 'unknown']),
    services: Told.optional().meta({ description: 'digest of its catalogue: another one, other services' }),
  })
  .meta({ id: 'CloudletSighting' })
export type CloudletSighting = z.infer<typeof CloudletSighting>

/** A host whose agent runs and waits for a join token. */
export const AgentSighting = z
  .object({
    id: Told.meta({ description: 'the name that it would like' }),
    ...sighted,
    arch: Told.optional(),
  })
  .meta({ id: 'AgentSighting' })
export type AgentSighting = z.infer<typeof AgentSighting>

const sites = z.array(SiteId).meta({ description: 'from where it is seen' })

export const SeenCloudlet = CloudletSighting.extend({ sites }).meta({ id: 'SeenCloudlet' })
export type SeenCloudlet = z.infer<typeof SeenCloudlet>

export const SeenNode = AgentSighting.extend({
  sites,
  node: NodeId.optional().meta({ description: 'the node of this name, where there is one' }),
}).meta({ id: 'SeenNode' })
export type SeenNode = z.infer<typeof SeenNode>
