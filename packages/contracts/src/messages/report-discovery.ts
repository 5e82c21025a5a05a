import { z } from 'zod'
import { AgentSighting, CloudletSighting, SiteId } from '../v1/sighting.ts'
import { Timestamp } from '../v1/time.ts'
import { ReportNumber } from './report-number.ts'
import { Revision } from './revision.ts'

/** What is told on one interface. */
export const AnnouncedOn = z
  .object({
    interface: z.string(),
    name: z.string().optional().meta({ description: 'the name that the cloudlet has there; another may have its own' }),
    addresses: z.array(z.string()),
    trouble: z.string().optional().meta({ description: 'why nothing is told there' }),
  })
  .meta({ id: 'AnnouncedOn' })
export type AnnouncedOn = z.infer<typeof AnnouncedOn>

/** The complete state of a discovery service: what it tells, and what it sees now. */
export const ReportDiscovery = z
  .object({
    type: z.literal('report.discovery.v1'),
    site: SiteId,
    at: Timestamp,
    ...ReportNumber.shape,
    obeys: Revision.optional().meta({ description: 'absent until it has a desired document' }),
    announced: z.array(AnnouncedOn),
    cloudlets: z.array(CloudletSighting),
    agents: z.array(AgentSighting),
  })
  .meta({ id: 'ReportDiscovery' })
export type ReportDiscovery = z.infer<typeof ReportDiscovery>
