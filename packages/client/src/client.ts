import { type AnswerOf, type BodyInput, type ParamsOf, type QueryInput, type Route, routes } from '@bramble/contracts'
import { type Connection, request } from './connection.ts'

// A typed client made of the routes table: client.instances.launch({ body }) exists because routes.instances.launch does.

type Needs<K extends string, T> = T extends undefined | Record<string, never> ? Partial<Record<K, never>> : Record<K, T>

export type CallInput<R> = Needs<'params', ParamsOf<R>> &
  Partial<Record<'query', QueryInput<R>>> &
  Needs<'body', BodyInput<R>> & {
    /** Makes a repeated POST or DELETE harmless. */
    idempotencyKey?: string
    /** Revision the caller read; the server refuses when it changed since. */
    ifMatch?: number
    signal?: AbortSignal
  }

/** The answer: the documented document, text for `stream: 'text'`, nothing for 204. */
export type CallAnswer<R> = R extends { stream: 'text' } ? string : AnswerOf<R>

export type Call<R> =
  Record<string, never> extends CallInput<R>
    ? (input?: CallInput<R>) => Promise<CallAnswer<R>>
    : (input: CallInput<R>) => Promise<CallAnswer<R>>

export type Client = Connection & {
  [Noun in keyof typeof routes]: { [Verb in keyof (typeof routes)[Noun]]: Call<(typeof routes)[Noun][Verb]> }
}

interface AnyInput {
  params?: Record<string, string>
  query?: Record<string, unknown>
  body?: unknown
  idempotencyKey?: string
  ifMatch?: number
  signal?: AbortSignal
}

const fillPath = (path: string, params: Record<string, string> = {}): string =>
  path.replace(/:([a-zA-Z]+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''))

const queryText = (query: Record<string, unknown> = {}): string => {
  const entries = Object.entries(query).filter(([, value]) => value !== undefined)
  const text = new URLSearchParams(entries.map(([key, value]): [string, string] => [key, String(value)])).toString()
  return text && `?${text}`
}

const caller =
  (connection: Connection, route: Route) =>
  async (input: AnyInput = {}): Promise<unknown> => {
    const response = await request(connection, {
      method: route.method.toUpperCase(),
      path: fillPath(route.path, input.params) + queryText(input.query),
      json: input.body,
      headers: {
        ...(input.idempotencyKey && { 'idempotency-key': input.idempotencyKey }),
        ...(input.ifMatch !== undefined && { 'if-match': `"${input.ifMatch}"` }),
      },
      signal: input.signal,
    })
    if (route.stream) return response.text()
    return response.status === 204 ? undefined : response.json()
  }

/** A client of one master; throws ProblemError for its problems and UnreachableError when it does not answer. */
export const createClient = (connection: Connection): Client => {
  const nouns = Object.entries(routes).map(([noun, verbs]) => [
    noun,
    Object.fromEntries(Object.entries(verbs).map(([verb, route]) => [verb, caller(connection, route)])),
  ])
  return { ...connection, ...Object.fromEntries(nouns) } as Client
}
