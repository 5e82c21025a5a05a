import { routes } from '@bramble/contracts'
import type { Event, QueryOf } from '@bramble/contracts'
import { ProblemError, sse } from '@bramble/kit'
import type { EventStream } from '@bramble/kit'
import type { Master } from '../master.ts'
import type { Api } from './serve.ts'

const pageSize = 1000
type EventQuery = QueryOf<typeof routes.events.follow>

export function serveEvents({ serve, master }: Api): void {
  serve(routes.events.list, ({ query }) => listEvents(master, query))
  serve(routes.events.follow, async (call) => {
    const given = call.request.get('last-event-id')
    const since = given && /^\d{1,15}$/.test(given) ? Number(given) : call.query.since
    await follow(master, sse(call), { ...call.query, since })
  })
}

/** The next events after `since` that are wanted; `nextSince` goes past those that are not. */
async function listEvents({ store }: Master, { since = 0, limit, ...query }: EventQuery) {
  const isWanted = wantedBy(query)
  const items: Event[] = []
  let nextSince = since
  for (let isMore = true; isMore && items.length < limit;) {
    const page = await store.events(nextSince, pageSize)
    if (nextSince > 0 && nextSince + 1 < page.firstSequence)
      throw new ProblemError('event_gap', `The oldest event kept is ${page.firstSequence}.`)
    for (const event of page.items) {
      if (items.length === limit) break
      if (isWanted(event)) items.push(event)
      nextSince = event.sequence
    }
    isMore = page.items.length === pageSize
  }
  return { items, nextSince }
}

/** Past events from `since` on, then every new one; without `since` only new ones. */
async function follow({ events, store }: Master, stream: EventStream, query: EventQuery): Promise<void> {
  const isWanted = wantedBy(query)
  let sent = query.since ?? 0
  let waiting: Event[] | undefined = []
  const send = (event: Event) => {
    if (event.sequence <= sent) return true
    sent = event.sequence
    return !isWanted(event) || stream.send({ id: event.sequence, event: event.type, data: event })
  }
  // Followed before the past is read, so that nothing falls between the two.
  const unfollow = events.follow((event) => void (waiting ? waiting.push(event) : send(event)))
  stream.ended.addEventListener('abort', unfollow)
  if (stream.ended.aborted) return unfollow()
  if (query.since !== undefined) await replay(store, stream, { since: query.since, send })
  for (const event of waiting) send(event)
  waiting = undefined
}

interface Replay {
  since: number
  send: (event: Event) => boolean
}

async function replay(store: Master['store'], stream: EventStream, { since, send }: Replay): Promise<void> {
  for (let after = since, isMore = true; isMore && !stream.ended.aborted;) {
    const { items, firstSequence } = await store.events(after, pageSize)
    const [first] = items
    if (first && first.sequence > after + 1)
      stream.send({ event: 'gap', data: { from: after + 1, to: first.sequence - 1, firstSequence } })
    isMore = items.every(send) && items.length === pageSize
    after = items.at(-1)?.sequence ?? after
  }
}

/** `types` names whole types or their first parts: `instance,operation.failed`. */
function wantedBy({ types, resource }: Pick<EventQuery, 'types' | 'resource'>): (event: Event) => boolean {
  const wanted = types?.split(',').map((type) => type.trim())
  return (event) =>
    (!wanted || wanted.some((type) => event.type === type || event.type.startsWith(`${type}.`))) &&
    (!resource || event.resource.id === resource)
}
