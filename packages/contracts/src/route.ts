import type { z } from 'zod'
import type { Role } from './v1/role.ts'

// A route is data: the server serves it, the client calls it, OpenAPI describes it, all from this one object.

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'

export interface Route<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Answer extends z.ZodType = z.ZodType,
> {
  /** Stable name, `instances.launch`: operationId in OpenAPI, label in metrics. */
  id: string
  method: Method
  /** Path with `:name` parameters. */
  path: string
  summary: string
  tag: string
  /** Roles that may call it; `public` needs no token. */
  roles: readonly Role[] | 'public'
  params?: Params
  query?: Query
  body?: Body
  /** Status of the answer when all went well. */
  status: 200 | 201 | 202 | 204
  answer?: Answer
  /** Set when the answer is not one JSON document. */
  stream?: 'sse' | 'bytes' | 'text'
  /** True where the client may send an Idempotency-Key. */
  idempotent?: boolean
}

export type ParamsOf<R> = R extends { params: infer T extends z.ZodType } ? z.infer<T> : Record<string, never>
export type QueryOf<R> = R extends { query: infer T extends z.ZodType } ? z.infer<T> : Record<string, never>
export type BodyOf<R> = R extends { body: infer T extends z.ZodType } ? z.infer<T> : undefined
export type AnswerOf<R> = R extends { answer: infer T extends z.ZodType } ? z.infer<T> : undefined
/** What a caller writes: defaults may be left out. */
export type QueryInput<R> = R extends { query: infer T extends z.ZodType } ? z.input<T> : Record<string, never>
export type BodyInput<R> = R extends { body: infer T extends z.ZodType } ? z.input<T> : undefined

export const defineRoute = <const R extends Route>(route: R): R => route
