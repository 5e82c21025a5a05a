import { z } from 'zod'
import { SiteId } from '../v1/sighting.ts'
import { Revision } from './revision.ts'

/** What a discovery service is to tell of its cloudlet. On which interfaces, and under which name, is in its settings. */
export const DesiredDiscovery = z
  .object({
    type: z.literal('desired.discovery.v1'),
    site: SiteId,
    revision: Revision,
    cloudlet: z.object({
      url: z.url().meta({ description: 'of the API; at 0.0.0.0 it is found at every address of the host' }),
      path: z.string(),
      version: z.string(),
      services: z.string().meta({ description: 'digest of the catalogue' }),
    }),
  })
  .meta({ id: 'DesiredDiscovery' })
export type DesiredDiscovery = z.infer<typeof DesiredDiscovery>
