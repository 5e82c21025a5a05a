import type { Route } from '../route.ts'
import { routes } from '../routes/index.ts'
import { Problem } from '../v1/problem.ts'
import { describeSchemas } from './component-schemas.ts'
import type { Components, JsonSchema } from './component-schemas.ts'

/** All routes of the master's /v1, in the order of the source. */
export const allRoutes: Route[] = Object.values(routes).flatMap((ofNoun): Route[] => Object.values(ofNoun))

/** The OpenAPI 3.1 document of the master's API, made of its routes. */
export function openapiDocument(): JsonSchema {
  const schemas = describeSchemas(
    collect((route) => ({ params: route.params, query: route.query, body: route.body })),
    { ...collect((route) => ({ answer: route.answer })), problem: Problem },
  )
  return {
    openapi: '3.1.0',
    info: {
      title: 'Bramble',
      version: '1',
      description: 'API of the cloudlet master. Errors are application/problem+json with a stable `code`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: Object.keys(routes).map((name) => ({ name })),
    security: [{ token: [] }],
    paths: pathsOf(schemas),
    components: {
      schemas: schemas.components,
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'A token of `bramble token create`.' } },
      responses: {
        Problem: {
          description: 'It failed: `code` tells why, `hint` what to do.',
          content: { 'application/problem+json': { schema: schemas.outputs['problem'] } },
        },
      },
    },
  }
}

type Parts = Record<string, Route['answer']>

/** The schemas of all routes under `<route id>.<part>`. */
function collect(partsOf: (route: Route) => Parts): Record<string, NonNullable<Route['answer']>> {
  const named = allRoutes.flatMap((route) =>
    Object.entries(partsOf(route)).flatMap(([part, schema]) => (schema ? [[`${route.id}.${part}`, schema]] : [])),
  )
  return Object.fromEntries(named) as Record<string, NonNullable<Route['answer']>>
}

function pathsOf(schemas: Components): JsonSchema {
  const paths: Record<string, JsonSchema> = {}
  for (const route of allRoutes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method]: operationOf(route, schemas) }
  }
  return paths
}

function operationOf(route: Route, schemas: Components): JsonSchema {
  const body = schemas.inputs[`${route.id}.body`]
  const parameters = parametersOf(route, schemas)
  return {
    operationId: route.id,
    summary: route.summary,
    tags: [route.tag],
    ...(route.roles === 'public' ? { security: [] } : { 'x-roles': route.roles }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
    responses: {
      [route.status]: answerOf(route, schemas.outputs[`${route.id}.answer`]),
      default: { $ref: '#/components/responses/Problem' },
    },
  }
}

function parametersOf({ id, idempotent, method }: Route, { inputs }: Components): JsonSchema[] {
  const header = (name: string, description: string) => ({
    name,
    in: 'header',
    description,
    schema: { type: 'string' },
  })
  return [
    ...propertiesOf(inputs[`${id}.params`], 'path'),
    ...propertiesOf(inputs[`${id}.query`], 'query'),
    ...(idempotent ? [header('Idempotency-Key', 'the same key and body again give the first answer again')] : []),
    ...(method === 'patch' ? [header('If-Match', 'the ETag that was read; 412 when it changed since')] : []),
  ]
}

function propertiesOf(schema: JsonSchema | undefined, place: 'path' | 'query'): JsonSchema[] {
  const { properties = {}, required = [] } = (schema ?? {}) as {
    properties?: Record<string, JsonSchema>
    required?: string[]
  }
  return Object.entries(properties).map(([name, { description, ...property }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(description !== undefined && { description }),
    schema: property,
  }))
}

const streamTypes = { sse: 'text/event-stream', text: 'text/plain', bytes: 'application/octet-stream' } as const

function answerOf({ status, stream, summary }: Route, schema: JsonSchema | undefined): JsonSchema {
  const type = stream ? streamTypes[stream] : 'application/json'
  const content = stream ? { type: 'string' } : schema
  return {
    description: summary,
    ...(status === 202 && {
      headers: { Location: { description: 'the operation', schema: { type: 'string' } } },
    }),
    ...(content && { content: { [type]: { schema: content } } }),
  }
}
