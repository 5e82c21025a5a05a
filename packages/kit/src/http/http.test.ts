import { z } from 'zod'
import { defineRoute, Problem } from '@bramble/contracts'
import type { Principal } from '@bramble/contracts'
import { ProblemError } from '../errors/problem-error.ts'
import { eventually } from '../eventually.ts'
import { createLogger, silentLogger } from '../log/logger.ts'
import { createHttpApp } from './create-http-app.ts'
import type { HttpApp } from './create-http-app.ts'
import { listen } from './listen.ts'
import type { HttpServer } from './listen.ts'
import { reply } from './reply.ts'
import { checkIfMatch, etagOf } from './revision-tag.ts'
import { serveRoute } from './serve-route.ts'

const base = { summary: 's', tag: 't' } as const
const show = defineRoute({
  ...base,
  id: 'things.show',
  method: 'get',
  path: '/v1/things/:thing',
  roles: ['viewer', 'admin'],
  params: z.object({ thing: z.string().regex(/^[a-z]+$/) }),
  query: z.object({ limit: z.coerce.number().int().default(5) }),
  status: 200,
  answer: z.object({ thing: z.string(), limit: z.number(), by: z.string() }),
})
const make = defineRoute({
  ...base,
  id: 'things.make',
  method: 'post',
  path: '/v1/things',
  roles: ['admin'],
  body: z.object({ name: z.string(), size: z.object({ bytes: z.number() }) }),
  status: 202,
  answer: z.object({ name: z.string(), key: z.string().optional() }),
})
const remove = defineRoute({
  ...base,
  id: 'things.remove',
  method: 'delete',
  path: '/v1/things/:thing',
  params: z.object({ thing: z.string() }),
  roles: 'public',
  status: 204,
})
const fail = defineRoute({
  ...base,
  id: 'fail',
  method: 'get',
  path: '/v1/fail/:how',
  params: z.object({ how: z.string() }),
  roles: 'public',
  status: 200,
  stream: 'text',
})

const principals: Record<string, Principal> = {
  'Bearer admin': { tokenId: 'tk-1', name: 'ada', roles: ['admin'] },
  'Bearer device': { tokenId: 'tk-2', name: 'phone', roles: ['device'] },
}

function addRoutes(app: HttpApp) {
  serveRoute(app, show, ({ params, query, principal }) => ({ ...params, ...query, by: principal.name }))
  serveRoute(app, make, ({ body, idempotencyKey }) =>
    reply({ name: body.name, key: idempotencyKey }, { location: `/v1/things/${body.name}`, etag: etagOf(1) }),
  )
  serveRoute(app, remove, ({ ifMatch }) => checkIfMatch(ifMatch, 7), {
    authorize: ({ params }) => {
      if (params.thing === 'hers') throw new ProblemError('forbidden', 'It is hers.')
    },
  })
  serveRoute(app, fail, ({ params }) => {
    if (params.how === 'known') throw new ProblemError('unavailable', 'store is down', { retryAfterSeconds: 3 })
    if (params.how === 'text') return 'plain'
    if (params.how === 'late') {
      return new Promise((_, reject) => lateCalls.push(() => reject(new Error('too late'))))
    }
    throw new Error('secret inner text', { cause: new Error('why') })
  })
}

const lines: string[] = []
const lateCalls: (() => void)[] = []
const observed: unknown[] = []
let server: HttpServer

beforeAll(async () => {
  const logger = createLogger({ component: 'test', level: 'debug', to: { write: (line) => void lines.push(line) } })
  const app = createHttpApp({
    logger,
    authenticate: (request) => principals[request.headers.authorization ?? ''],
    observer: { requestEnded: (request) => void observed.push(request) },
    bodyLimitBytes: 200,
  })
  addRoutes(app)
  server = await listen(app)
})
afterAll(() => server.close())

const ask = (path: string, { as = 'admin', ...init }: RequestInit & { as?: string } = {}) =>
  fetch(server.url + path, { ...init, headers: { authorization: `Bearer ${as}`, ...init.headers } })
const post = (body: string, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
  ask('/v1/things', { method: 'POST', body, headers })
const problemOf = async (response: Response) => {
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  return Problem.strict().parse(await response.json())
}

describe('serveRoute', () => {
  it('parses params and query, and gives the principal', async () => {
    const response = await ask('/v1/things/web?limit=9')
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ thing: 'web', limit: 9, by: 'ada' })
    expect(await (await ask('/v1/things/web')).json()).toMatchObject({ limit: 5 })
  })

  it('sends the status of the route with Location, ETag and the key that came', async () => {
    const body = JSON.stringify({ name: 'a', size: { bytes: 1 } })
    const response = await post(body, { 'content-type': 'application/json', 'idempotency-key': 'k1' })
    expect(response.status).toBe(202)
    expect(response.headers.get('location')).toBe('/v1/things/a')
    expect(response.headers.get('etag')).toBe('"1"')
    expect(await response.json()).toEqual({ name: 'a', key: 'k1' })
  })

  it('names every wrong field in one answer', async () => {
    const problem = await problemOf(await post('{"size":{"bytes":"x"},"extra":1}'))
    expect(problem).toMatchObject({ status: 400, code: 'invalid_input' })
    expect(problem.errors?.map(({ path }) => path).sort()).toEqual(['extra', 'name', 'size.bytes'])
    const query = await problemOf(await ask('/v1/things/WEB?limit=x&unknown=1'))
    expect(query.errors?.map(({ path }) => path).sort()).toEqual(['limit', 'thing', 'unknown'])
  })

  it.each([
    ['{"name":', 'application/json', 400, 'malformed_json'],
    ['{}', 'text/plain', 400, 'malformed_json'],
    ['', 'application/json', 400, 'invalid_input'],
    [JSON.stringify({ name: 'x'.repeat(300) }), 'application/json', 413, 'body_too_large'],
    ['{"name":"a","size":{"bytes":1}}', 'application/merge-patch+json; charset=utf-8', 202, undefined],
  ])('answers body %p of %s with %i', async (body, type, status, code) => {
    const response = await post(body, { 'content-type': type })
    const answer = (await response.json()) as { code?: string }
    expect([response.status, answer.code]).toEqual([status, code])
  })

  it('refuses a body that grows beyond the limit without having said so, and still answers', async () => {
    const body = new ReadableStream({
      start(controller) {
        for (let n = 0; n < 10; n++) controller.enqueue(new TextEncoder().encode('"'.repeat(100)))
        controller.close()
      },
    })
    const init = { method: 'POST', body, duplex: 'half', headers: { 'content-type': 'application/json' } }
    expect((await ask('/v1/things', init as RequestInit)).status).toBe(413)
  })

  it('asks for a token, and refuses roles the route does not name', async () => {
    const nobody = await ask('/v1/things/web', { as: 'nobody' })
    expect(nobody.status).toBe(401)
    expect(nobody.headers.get('www-authenticate')).toContain('Bearer')
    const device = await problemOf(await ask('/v1/things/web', { as: 'device' }))
    expect(device).toMatchObject({ status: 403, missingPermission: ['viewer', 'admin'] })
  })

  it('checks roles before it reads the body', async () => {
    const response = await ask('/v1/things', { method: 'POST', body: '{', as: 'device' })
    expect(response.status).toBe(403)
  })

  it('honours If-Match and authorize', async () => {
    const removeIf = (thing: string, tag?: string) =>
      ask(`/v1/things/${thing}`, { method: 'DELETE', headers: tag ? { 'if-match': tag } : {} })
    expect((await removeIf('web', '"7"')).status).toBe(204)
    expect((await removeIf('web')).status).toBe(204)
    expect((await removeIf('web', '"8"')).status).toBe(412)
    expect((await removeIf('web', 'W/x')).status).toBe(400)
    expect((await removeIf('hers')).status).toBe(403)
  })
})

describe('createHttpApp', () => {
  it('answers unknown routes and broken paths with a problem', async () => {
    expect(await problemOf(await ask('/nowhere'))).toMatchObject({ status: 404, code: 'route_not_found' })
    expect(await problemOf(await ask('/v1/things/%E0%A4%A'))).toMatchObject({ status: 400, code: 'invalid_input' })
  })

  it('tells known failures, and hides unknown ones, whose chain is logged once with the request', async () => {
    const known = await ask('/v1/fail/known')
    expect([known.status, known.headers.get('retry-after')]).toEqual([503, '3'])
    const unknown = await ask('/v1/fail/unknown', { headers: { 'x-request-id': 'my-id' } })
    const problem = await problemOf(unknown)
    expect(problem).toMatchObject({ status: 500, code: 'internal', requestId: 'my-id' })
    expect(JSON.stringify(problem)).not.toContain('secret inner')
    const logged = lines.map((line) => JSON.parse(line)).filter(({ requestId }) => requestId === 'my-id')
    expect(logged).toHaveLength(1)
    expect(logged[0]).toMatchObject({ level: 'error', route: 'fail', status: 500 })
    expect(logged[0].err.message).toBe('secret inner text: why')
  })

  it('logs a caller that left as 499, and a failure after that too', async () => {
    const abort = new AbortController()
    const path = '/v1/fail/late'
    const asked = ask(path, { signal: abort.signal, headers: { 'x-request-id': 'left' } })
    await eventually(() => expect(lateCalls).toHaveLength(1))
    abort.abort()
    await expect(asked).rejects.toThrow()
    const logged = () => lines.map((line) => JSON.parse(line)).filter(({ requestId }) => requestId === 'left')
    await eventually(() => expect(logged()).toEqual([expect.objectContaining({ status: 499, brokenOff: true })]))
    lateCalls[0]?.()
    await eventually(() => expect(logged()[1]).toMatchObject({ level: 'error', err: { message: 'too late' } }))
  })

  it('serves text routes and HEAD', async () => {
    const text = await ask('/v1/fail/text')
    expect([text.headers.get('content-type'), await text.text()]).toEqual(['text/plain; charset=utf-8', 'plain'])
    const head = await ask('/v1/fail/text', { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '5'])
  })

  it('sends security headers that leave plain HTTP usable', async () => {
    const { headers } = await ask('/v1/things/web')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('strict-transport-security')).toBeNull()
    expect(headers.get('content-security-policy')).not.toContain('upgrade-insecure-requests')
    expect(headers.get('x-powered-by')).toBeNull()
  })

  it('tells the observer the route id, not the path', () => {
    expect(observed).toContainEqual(expect.objectContaining({ route: 'things.show', method: 'GET', status: 200 }))
    expect(observed).toContainEqual(expect.objectContaining({ route: 'none', status: 404 }))
  })
})

describe('listen', () => {
  it('rejects when the port is taken', async () => {
    const app = createHttpApp({ logger: silentLogger(), authenticate: () => undefined })
    await expect(listen(app, { port: server.port })).rejects.toThrow('EADDRINUSE')
  })
})
