import { parse as parseQueryString } from 'node:querystring'
import type { Request } from 'express'
import { z } from 'zod'
import type { FieldError, Route } from '@bramble/contracts'
import { ProblemError } from '../errors/problem-error.ts'
import { readJsonBody } from './read-json-body.ts'

export interface Input {
  params: unknown
  query: unknown
  body: unknown
}

/** Made once per route; the returned function parses a request or refuses it with every field that is wrong. */
export function inputReader(route: Route, bodyLimitBytes: number): (request: Request) => Input | Promise<Input> {
  const params = route.params ?? z.object({})
  const query = refuseUnknownKeys(route.query ?? z.object({}))
  const body = route.body && refuseUnknownKeys(route.body)
  const parse = (request: Request, json: unknown): Input => {
    const parsed = {
      params: params.safeParse(request.params),
      query: query.safeParse(queryOf(request)),
      body: body?.safeParse(json),
    }
    const issues = [parsed.params, parsed.query, parsed.body].flatMap((part) => part?.error?.issues ?? [])
    if (issues.length > 0) throw invalidInput(issues.flatMap(fieldErrorsOf))
    return { params: parsed.params.data, query: parsed.query.data, body: parsed.body?.data }
  }
  if (body === undefined) return (request) => parse(request, undefined)
  return async (request) => parse(request, await readJsonBody(request, bodyLimitBytes))
}

/** An object schema that would silently drop unknown keys refuses them; one that was made loose on purpose stays so. */
function refuseUnknownKeys(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodObject && schema.def.catchall === undefined ? schema.strict() : schema
}

function queryOf(request: Request): unknown {
  const start = request.url.indexOf('?')
  return start === -1 ? {} : { ...parseQueryString(request.url.slice(start + 1)) }
}

function fieldErrorsOf(issue: z.core.$ZodIssue): FieldError[] {
  if (issue.code !== 'unrecognized_keys') return [{ path: issue.path.join('.'), message: issue.message }]
  return issue.keys.map((key) => ({ path: [...issue.path, key].join('.'), message: 'is not a known field' }))
}

function invalidInput(errors: FieldError[]): ProblemError {
  const fields = errors.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
  return new ProblemError('invalid_input', fields.join('; '), { errors })
}
