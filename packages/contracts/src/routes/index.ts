import { baseRoutes } from './bases.ts'
import { descriptionRoutes } from './description.ts'
import { cloudletRoutes, seenNodeRoutes } from './cloudlets.ts'
import { eventRoutes } from './events.ts'
import { instanceRoutes } from './instances.ts'
import { invitationRoutes } from './invitations.ts'
import { joinRoutes } from './joins.ts'
import { nodeRoutes } from './nodes.ts'
import { operationRoutes } from './operations.ts'
import { overlayRoutes } from './overlays.ts'
import { serviceRoutes } from './services.ts'
import { systemRoutes } from './system.ts'
import { tokenRoutes } from './tokens.ts'

/** All routes of the master's `/v1`, by noun: what the server serves, the client calls and OpenAPI describes. */
export const routes = {
  nodes: nodeRoutes,
  seenNodes: seenNodeRoutes,
  cloudlets: cloudletRoutes,
  invitations: invitationRoutes,
  joins: joinRoutes,
  bases: baseRoutes,
  overlays: overlayRoutes,
  services: serviceRoutes,
  instances: instanceRoutes,
  operations: operationRoutes,
  events: eventRoutes,
  tokens: tokenRoutes,
  description: descriptionRoutes,
  system: systemRoutes,
} as const
