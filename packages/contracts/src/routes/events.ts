import { z } from 'zod'
import { defineRoute } from '../route.ts'
import { Event } from '../v1/event.ts'
import { readers } from '../v1/role.ts'

const query = z
  .object({
    since: z.coerce
      .number()
      .int()
      .min(0)
      .optional()
      .meta({ description: 'events after this sequence; Last-Event-ID does the same' }),
    types: z
      .string()
      .max(500)
      .optional()
      .meta({ description: 'comma-separated types or their first parts: instance,operation.failed' }),
    resource: z.string().max(200).optional().meta({ description: 'id of one thing' }),
    limit: z.coerce.number().int().min(1).max(1000).default(100).meta({ description: 'for the list only' }),
  })
  .strict()

export const eventRoutes = {
  list: defineRoute({
    id: 'events.list',
    method: 'get',
    path: '/v1/events',
    summary: 'List past events',
    tag: 'events',
    roles: readers,
    query,
    status: 200,
    answer: z.object({ items: z.array(Event), nextSince: z.number().int() }),
  }),
  follow: defineRoute({
    id: 'events.follow',
    method: 'get',
    path: '/v1/events/stream',
    summary: 'Follow events (SSE); a `gap` event tells that older ones are no longer kept',
    tag: 'events',
    roles: readers,
    query,
    status: 200,
    stream: 'sse',
  }),
}
