import { z } from 'zod'
import { Timestamp } from './time.ts'

/** What every stored document carries. `revision` counts its writes and is its ETag. */
export const stored = {
  revision: z.number().int().min(1),
  createdAt: Timestamp,
  updatedAt: Timestamp,
}
