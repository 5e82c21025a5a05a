import { z } from 'zod'

/** A point in time: RFC 3339 in UTC with milliseconds, `2026-01-31T12:00:00.000Z`. Sorts as text. */
export const Timestamp = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/, 'a UTC time such as 2026-01-31T12:00:00.000Z')
  .brand<'Timestamp'>()
  .meta({ id: 'Timestamp', description: 'RFC 3339 in UTC with milliseconds' })
export type Timestamp = z.infer<typeof Timestamp>

export const toTimestamp = (date: Date): Timestamp => date.toISOString() as Timestamp
