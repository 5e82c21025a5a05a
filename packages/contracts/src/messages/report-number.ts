import { z } from 'zod'

/** Which of a node's reports: numbered from 1 on in each session, which is one run of its agent. */
export const ReportNumber = z
  .object({ session: z.string().min(1).max(64), sequence: z.number().int().min(1) })
  .meta({ id: 'ReportNumber' })
export type ReportNumber = z.infer<typeof ReportNumber>
