// Server-sent events (HTML standard, "Server-sent events"). A client that does not read fills our memory: it is cut
// off when more than `maxQueuedBytes` wait for it, and comes back with Last-Event-ID when it can.
import type { Response } from 'express'

export interface StreamedEvent {
  /** Comes back as Last-Event-ID when the client reconnects. */
  id?: string | number
  /** Name of the event; `message` when absent. */
  event?: string
  /** Sent as JSON. */
  data: unknown
}

export interface EventStreamOptions {
  /** A comment is sent this often, so that both sides notice a dead connection; 15 s when absent. */
  heartbeatMs?: number
  /** 1 MiB when absent. */
  maxQueuedBytes?: number
}

export interface EventStream {
  /** False when the stream has ended (the client left, was too slow, or the server closes). */
  send(event: StreamedEvent): boolean
  end(): void
  /** Aborted when the stream has ended, whoever ended it. */
  ended: AbortSignal
}

/** Begins an event stream as the answer to a call of a route with `stream: 'sse'`. */
export function sse(
  { response, closing }: { response: Response; closing: AbortSignal },
  { heartbeatMs = 15_000, maxQueuedBytes = 1_048_576 }: EventStreamOptions = {},
): EventStream {
  const ended = new AbortController()
  const write = (text: string): boolean => {
    if (ended.signal.aborted || response.writableEnded || response.destroyed) return false
    response.write(text)
    if (response.writableLength <= maxQueuedBytes) return true
    response.destroy()
    return false
  }
  const end = () => void response.end()
  const heartbeat = setInterval(() => write(': heartbeat\n\n'), heartbeatMs)
  closing.addEventListener('abort', end)
  response.once('close', () => {
    clearInterval(heartbeat)
    closing.removeEventListener('abort', end)
    ended.abort()
  })

  response.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-store',
    'X-Accel-Buffering': 'no',
  })
  write(': connected\n\n')
  if (closing.aborted) end()
  return { send: (event) => write(formatEvent(event)), end, ended: ended.signal }
}

export function formatEvent({ id, event, data }: StreamedEvent): string {
  const idLine = id === undefined ? '' : `id: ${id}\n`
  const eventLine = event === undefined ? '' : `event: ${event}\n`
  return `${idLine}${eventLine}data: ${JSON.stringify(data ?? null)}\n\n`
}
