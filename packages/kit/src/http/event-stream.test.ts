import { connect } from 'node:net'
import { defineRoute } from '@bramble/contracts'
import { silentLogger } from '../log/logger.ts'
import { createHttpApp } from './create-http-app.ts'
import { formatEvent, sse } from './event-stream.ts'
import type { EventStream, EventStreamOptions } from './event-stream.ts'
import { listen } from './listen.ts'
import { serveRoute } from './serve-route.ts'

const route = defineRoute({
  id: 'events.follow',
  method: 'get',
  path: '/events',
  summary: 's',
  tag: 't',
  roles: 'public',
  status: 200,
  stream: 'sse',
})

async function startStreams(options: EventStreamOptions = {}) {
  const app = createHttpApp({ logger: silentLogger(), authenticate: () => undefined })
  let opened: (stream: EventStream) => void
  const stream = new Promise<EventStream>((resolve) => (opened = resolve))
  serveRoute(app, route, (call) => opened(sse(call, options)))
  return { server: await listen(app), stream }
}

const ended = (stream: EventStream) =>
  new Promise<void>((resolve) => {
    if (stream.ended.aborted) resolve()
    else stream.ended.addEventListener('abort', () => resolve())
  })

describe('sse', () => {
  it('streams events with ids and heartbeats, and ends when the server closes', async () => {
    const { server, stream } = await startStreams({ heartbeatMs: 5 })
    const response = await fetch(`${server.url}/events`)
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    expect((await stream).send({ id: 7, event: 'operation.succeeded', data: { a: 'x\ny' } })).toBe(true)
    let text = ''
    let closing: Promise<void> | undefined
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk
      if (text.includes('data:') && text.includes(': heartbeat')) closing ??= server.close()
    }
    await closing
    expect(text).toContain('id: 7\nevent: operation.succeeded\ndata: {"a":"x\\ny"}\n\n')
    expect((await stream).send({ data: 1 })).toBe(false)
  })

  it('cuts off a client that does not read', async () => {
    const { server, stream } = await startStreams({ maxQueuedBytes: 100_000 })
    const socket = connect(server.port, '127.0.0.1', () => socket.write('GET /events HTTP/1.1\r\nHost: x\r\n\r\n'))
    socket.on('error', () => undefined).pause()
    const events = await stream
    const big = { data: 'x'.repeat(50_000) }
    let sent = 0
    while (sent < 10_000 && events.send(big)) sent += 1
    expect(sent).toBeLessThan(10_000)
    await ended(events)
    socket.destroy()
    await server.close()
  })

  it('notices that the client left', async () => {
    const { server, stream } = await startStreams()
    const abort = new AbortController()
    await fetch(`${server.url}/events`, { signal: abort.signal })
    abort.abort()
    await ended(await stream)
    await server.close()
  })
})

describe('formatEvent', () => {
  it.each([
    [{ data: undefined }, 'data: null\n\n'],
    [{ id: 'a', data: 1 }, 'id: a\ndata: 1\n\n'],
  ])('case %#', (event, text) => expect(formatEvent(event)).toBe(text))
})
