import fc from 'fast-check'
import { z } from 'zod'
import { allRoutes, openapiDocument } from './generate/openapi.ts'
import { agentRoutes } from './routes/agent.ts'
import { routes } from './routes/index.ts'
import { exitCodes } from './v1/exit-code.ts'
import { deriveId, newId, OperationId } from './v1/ids.ts'
import { canInstance, instanceCan } from './v1/instance-can.ts'
import type { InstanceAct } from './v1/instance-can.ts'
import { InstancePhase, LaunchInstance } from './v1/instance.ts'
import { Probe } from './v1/port.ts'
import { makeProblem, Problem, ProblemCode, problems } from './v1/problem.ts'
import { CreateService } from './v1/service.ts'
import { CreateToken } from './v1/token.ts'

describe('routes', () => {
  const every = [...allRoutes, ...Object.values(agentRoutes)]

  it('have an id, and a method and path, of their own', () => {
    const ids = every.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    const places = allRoutes.map(({ method, path }) => `${method} ${path.replace(/:\w+/g, ':')}`)
    expect(new Set(places).size).toBe(places.length)
  })

  it.each(every.map((route) => [route.id, route] as const))('%s says who may call it', (_id, { roles }) => {
    expect(roles === 'public' || roles.length > 0).toBe(true)
    const isNodesOwn = JSON.stringify(roles) === '["node"]'
    if (roles !== 'public' && !isNodesOwn) expect(roles).toContain('admin')
  })

  it('that change something need a token, but for joining, which brings its own', () => {
    const open = allRoutes.filter(({ roles }) => roles === 'public')
    expect(open.map(({ id, method }) => [id, method])).toEqual([
      ['joins.create', 'post'],
      ['system.version', 'get'],
      ['system.authority', 'get'],
    ])
  })

  it.each(allRoutes.map((route) => [route.id, route] as const))(
    '%s declares the parameters of its path',
    (_id, route) => {
      const inPath = Array.from(route.path.matchAll(/:(\w+)/g), ([, name]) => name)
      const declared = route.params instanceof z.ZodObject ? Object.keys(route.params.shape) : []
      expect(declared).toEqual(inPath)
    },
  )

  const withBody = allRoutes.flatMap((route) => (route.body ? [[route.id, route.body] as const] : []))
  it.each(withBody)('%s refuses keys that it does not know', (_id, body) => {
    const issues = body.safeParse({ surely: 'unknown' }).error?.issues ?? []
    expect(issues).toContainEqual(expect.objectContaining({ code: 'unrecognized_keys', keys: ['surely'] }))
  })

  const withQuery = allRoutes.flatMap((route) => (route.query ? [[route.id, route.query] as const] : []))
  it.each(withQuery)('%s refuses parameters that it does not know', (_id, query) => {
    expect(query.safeParse({ surely: 'unknown' }).error?.issues).toMatchObject([{ code: 'unrecognized_keys' }])
  })
})

describe('lists', () => {
  const isSortable = (query: z.ZodType, sort: string) => query.safeParse({ sort }).success
  const { instances, nodes, operations, services, tokens } = routes
  it.each([
    [tokens, 'createdAt', true],
    [tokens, '-name', true],
    [tokens, 'secretHash', false],
    [tokens, 'toString', false],
    [instances, '-status.phase', true],
    [instances, 'source.service', true],
    [instances, 'status.forwards.hostPort', true],
    [instances, 'status.phase.length', false],
    [nodes, 'reserved.memoryBytes', true],
    [nodes, 'host.cpus', true],
    [nodes, 'labels.shelf', true],
    [operations, 'error.code', true],
    [services, 'resources.min.cpus', true],
    [services, 'nothing', false],
  ])('are sorted by what they show: %#', ({ list }, sort, expected) => {
    expect(isSortable(list.query, sort)).toBe(expected)
  })
})

describe('bodies', () => {
  const launch = (publish: object[]) => LaunchInstance.safeParse({ base: 'b', publish })
  const service = (ports: object[]) => CreateService.safeParse({ id: 'org.example.a', ports })
  const probed = (path: string) => Probe.safeParse({ kind: 'http', port: 80, path })
  const token = (expiresInSeconds: number) => CreateToken.safeParse({ name: 'a', roles: ['viewer'], expiresInSeconds })
  const [http, dns] = [
    { name: 'http', port: 80 },
    { name: 'dns', port: 53 },
  ]

  it.each([
    [launch([{ guestPort: 80 }, { guestPort: 80, hostPort: 8080 }, { guestPort: 80, hostPort: 8081 }]), true],
    [launch([{ guestPort: 80 }, { guestPort: 80, protocol: 'udp' }]), true],
    [launch([{ guestPort: 80 }, { guestPort: 80, protocol: 'tcp' }]), false],
    [
      launch([
        { guestPort: 80, hostPort: 8080 },
        { guestPort: 80, hostPort: 8080 },
      ]),
      false,
    ],
    [service([http, dns, { ...dns, name: 'dns-udp', protocol: 'udp' }]), true],
    [service([http, { ...http, name: 'web' }]), false],
    [service([http, { ...http, port: 81 }]), false],
    [probed('/health?full=1#now'), true],
    [probed('health'), false],
    [probed('/a b'), false],
    [probed('/a\r\nHost: b'), false],
    [probed('/a\n'), false],
    [probed('/ä'), false],
    [token(315_360_000), true],
    [token(1e12), false],
    [token(9e15), false],
  ])('are refused when they contradict themselves or cannot be: %#', ({ success }, expected) => {
    expect(success).toBe(expected)
  })
})

describe('problems', () => {
  it.each(Object.entries(problems))('%s has a status, an exit code, a meaning and a hint', (code, kind) => {
    expect(kind.status).toBeGreaterThanOrEqual(400)
    expect(kind.status).toBeLessThan(600)
    expect(Object.values(exitCodes)).toContain(kind.exitCode)
    for (const text of [kind.meaning, kind.hint]) expect(text).toMatch(/^\S.*[.:A-Z`]$/)
    const problem = makeProblem(ProblemCode.parse(code), 'what happened')
    expect(Problem.parse(problem)).toEqual(problem)
  })
})

describe('ids', () => {
  it('sort by the time they were made', () => {
    const time = fc.integer({ min: 0, max: 2 ** 44 })
    fc.assert(
      fc.property(time, time, (a, b) => {
        fc.pre(a < b)
        expect(newId('instance', a) < newId('instance', b)).toBe(true)
      }),
    )
  })

  it('of what an operation makes follow from its own, and only from it', () => {
    const [a, b] = [newId('operation'), newId('operation')]
    expect(OperationId.parse(a)).toBe(a)
    expect(deriveId('instance', a)).toBe(deriveId('instance', a))
    expect(deriveId('instance', a)).toBe(`in-${a.slice(3)}`)
    expect(deriveId('instance', a)).not.toBe(deriveId('instance', b))
    expect(deriveId('base', a)).not.toBe(deriveId('overlay', a))
  })

  it('are refused when they are of another kind or shape', () => {
    for (const wrong of [newId('instance'), 'op-', 'op-../../etc/passwd', `${newId('operation')}0`]) {
      expect(OperationId.safeParse(wrong).success).toBe(false)
    }
  })
})

describe('instanceCan', () => {
  it('answers for every act in every phase as its table says', () => {
    const table = Object.fromEntries(
      Object.keys(instanceCan).map((act) => [
        act,
        InstancePhase.options.filter((phase) => canInstance(act as InstanceAct, phase)),
      ]),
    )
    expect(table).toEqual({
      delete: ['pending', 'preparing', 'starting', 'running', 'failed'],
      capture: ['running'],
      exec: ['starting', 'running'],
      readConsole: ['starting', 'running', 'failed', 'deleting'],
    })
  })
})

describe('the OpenAPI document', () => {
  const document = openapiDocument()
  const text = JSON.stringify(document)

  it('has every route', () => {
    const ids = Array.from(text.matchAll(/"operationId":"([^"]+)"/g), ([, id]) => id)
    expect(ids.sort()).toEqual(allRoutes.map(({ id }) => id).sort())
  })

  it('points at nothing that is not in it', () => {
    const { schemas } = document['components'] as { schemas: object }
    const names = Array.from(text.matchAll(/#\/components\/schemas\/([^"]+)/g), ([, name]) => name)
    expect(names.length).toBeGreaterThan(50)
    for (const name of names) expect(schemas).toHaveProperty([name ?? ''])
    expect(text).not.toContain('$defs')
  })

  it('lets a caller leave out what has a default, and tells a reader that it is there', () => {
    const { schemas } = document['components'] as { schemas: Record<string, { required: string[] }> }
    expect(schemas['Publish']?.required).toEqual(['guestPort'])
    expect(schemas['PublishOutput']?.required).toEqual(['guestPort', 'protocol'])
  })

  it('is the same each time', () => {
    expect(JSON.stringify(openapiDocument())).toBe(text)
  })
})
