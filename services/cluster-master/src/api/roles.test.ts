import { newId, Role, routes } from '@bramble/contracts'
import type { Route } from '@bramble/contracts'
import { startTestMaster } from '../testing/start-test-master.ts'
import type { TestMaster } from '../testing/start-test-master.ts'

const allRoutes: Route[] = Object.values(routes).flatMap((noun) => Object.values(noun) as Route[])

let master: TestMaster
const secrets = new Map<string, string>()
beforeAll(async () => {
  master = await startTestMaster()
  for (const role of Role.options) {
    const { body } = await master.request('POST', '/v1/tokens', { body: { name: `only-${role}`, roles: [role] } })
    secrets.set(role, String(body['secret']))
  }
})
afterAll(() => master.stop())

describe('roles', () => {
  const cells = allRoutes.flatMap((route) =>
    [...Role.options, 'nobody'].map((role) => [route.id, role, route] as const),
  )

  it.each(cells)('%s as %s', async (_id, role, route) => {
    const path = route.path
      .replace(':operation', newId('operation'))
      .replace(':service', 'org.example.none')
      .replace(/:\w+/, 'none')
    const isStream = route.stream === 'sse'
    const { status, body } = isStream
      ? await peek(path, secrets.get(role))
      : await master.request(route.method.toUpperCase(), path, {
          secret: secrets.get(role) ?? null,
          ...(route.body && { body: { nonsense: true } }),
        })
    const isAllowed = route.roles === 'public' || (route.roles as readonly string[]).includes(role)
    if (isAllowed) expect([200, 204, 400, 404]).toContain(status)
    else expect(status).toBe(role === 'nobody' ? 401 : 403)
    if (status === 403) expect(body).toMatchObject({ code: 'forbidden', missingPermission: [...route.roles] })
  })

  async function peek(path: string, secret: string | undefined) {
    const left = new AbortController()
    const headers = secret === undefined ? {} : { authorization: `Bearer ${secret}` }
    const response = await fetch(master.url + path, { headers, signal: left.signal })
    const body = response.ok ? {} : ((await response.json()) as Record<string, unknown>)
    left.abort()
    return { status: response.status, body }
  }
})
