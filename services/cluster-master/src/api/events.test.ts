import { eventually } from '@bramble/kit'
import { startTestMaster } from '../testing/start-test-master.ts'
import type { TestMaster } from '../testing/start-test-master.ts'

let master: TestMaster
beforeAll(async () => void (master = await startTestMaster({ events: { keep: 100 } })))
afterAll(() => master.stop())

const get = (path: string) => master.request('GET', path)
const post = (path: string, body: unknown) => master.request('POST', path, { body })

describe('events', () => {
  const follow = async (query: string, headers: Record<string, string> = {}) => {
    const left = new AbortController()
    const response = await fetch(`${master.url}/v1/events/stream${query}`, {
      signal: left.signal,
      headers: { authorization: `Bearer ${master.secret}`, ...headers },
    })
    let text = ''
    const reading = (async () => {
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) text += chunk
    })().catch(() => undefined)
    const end = async () => {
      left.abort()
      await reading
    }
    return { text: () => text, ids: () => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id)), end }
  }
  const newest = async () => {
    let since = 0
    await eventually(async () => {
      const before = since
      const { body } = await get(`/v1/events?limit=1000`)
      since = body['nextSince'] as number
      expect(since).toBe(before)
    })
    return since
  }

  it('are replayed from where the follower was, then told as they happen', async () => {
    const since = await newest()
    await post('/v1/services', { id: 'event.one' })
    await eventually(async () => expect(await newest()).toBeGreaterThan(since))
    const stream = await follow('?types=service', { 'last-event-id': String(since) })
    await post('/v1/services', { id: 'event.two' })
    await eventually(() => expect(stream.text()).toContain('event.two'))
    expect(stream.text()).toContain('event: service.created')
    expect(stream.ids()).toEqual([...stream.ids()].sort((a, b) => a - b))
    expect(stream.text().match(/"id":"event\.one/g)).toHaveLength(2)
    await stream.end()
  })

  it('tell that older ones are no longer kept', async () => {
    for (let n = 0; n < 130; n += 1) await post('/v1/services', { id: `gap.n${n}` })
    await eventually(async () => {
      expect((await get('/v1/events?since=1')).body).toMatchObject({ status: 410, code: 'event_gap' })
    })
    const stream = await follow('?since=1')
    await eventually(() => expect(stream.text()).toContain('event: gap'))
    await stream.end()
  })
})
