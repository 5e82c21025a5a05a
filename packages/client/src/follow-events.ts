import type { Event } from '@bramble/contracts'
import { type Connection, request } from './connection.ts'

export type StreamItem = { kind: 'event'; event: Event } | { kind: 'gap'; firstSequence: number }

export interface FollowOptions {
  /** Events after this sequence; only new ones when left out. */
  since?: number
  types?: string
  resource?: string
  signal?: AbortSignal
}

interface Frame {
  event: string
  data: string
}

/** Reads one block of the event stream (WHATWG HTML, "Server-sent events"). */
const parseFrame = (block: string): Frame | undefined => {
  const frame: Frame = { event: 'message', data: '' }
  for (const line of block.split('\n')) {
    if (line.startsWith('event:')) frame.event = line.slice(6).trim()
    else if (line.startsWith('data:')) frame.data += line.slice(5).trim()
  }
  return frame.data ? frame : undefined
}

const toItem = ({ event, data }: Frame): StreamItem =>
  event === 'gap'
    ? { kind: 'gap', ...(JSON.parse(data) as { firstSequence: number }) }
    : { kind: 'event', event: JSON.parse(data) as Event }

/** Events as they happen, until the signal or the master ends the stream. */
export async function* followEvents(connection: Connection, options: FollowOptions = {}): AsyncGenerator<StreamItem> {
  const query = new URLSearchParams()
  for (const key of ['since', 'types', 'resource'] as const) {
    if (options[key] !== undefined) query.set(key, String(options[key]))
  }
  const response = await request(connection, {
    method: 'GET',
    path: `/v1/events/stream?${query}`,
    headers: { accept: 'text/event-stream' },
    signal: options.signal,
  })
  let text = ''
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    for (const frame of blocks.map(parseFrame)) if (frame) yield toItem(frame)
  }
}
