import type { Problem } from '@bramble/contracts'

/** Where a master is and as whom to call it. */
export interface Connection {
  /** `http://127.0.0.1:8080` */
  url: string
  token?: string
  /** Told of every call before it is made, for --debug. */
  onRequest?: (method: string, url: string) => void
}

/** The master refused, and says why. */
export class ProblemError extends Error {
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.detail || problem.title)
    this.name = 'ProblemError'
    this.problem = problem
  }
}

/** Nobody answered at the master's address, or not as a master would. */
export class UnreachableError extends Error {
  constructor(url: string, cause: unknown) {
    super(`no answer from ${url}: ${describe(cause)}`, { cause })
    this.name = 'UnreachableError'
  }
}

const describe = (cause: unknown): string => {
  if (!(cause instanceof Error)) return String(cause)
  return cause.cause instanceof Error
    ? describe(cause.cause)
    : cause.message || (cause as NodeJS.ErrnoException).code || cause.name
}

export interface HttpCall {
  method: string
  /** Path and query, `/v1/nodes?limit=10`. */
  path: string
  json?: unknown
  body?: Uint8Array<ArrayBuffer>
  headers?: Record<string, string>
  signal?: AbortSignal
  /** Statuses besides 2xx that the caller handles itself. */
  accept?: number[]
}

/** Errors of `/v2` (OCI distribution specification, "Error codes"). */
interface OciErrors {
  errors: { code: string; message: string }[]
}

const problemOf = async (response: Response): Promise<Error> => {
  const text = await response.text()
  try {
    const body = JSON.parse(text) as Problem | OciErrors
    if ('code' in body) return new ProblemError(body)
    return new Error(`${response.status}: ${body.errors.map((it) => `${it.code}: ${it.message}`).join('; ')}`)
  } catch {
    return new UnreachableError(response.url, `status ${response.status}, not a Bramble master's answer`)
  }
}

/** One HTTP call with the connection's token. */
export const request = async (connection: Connection, call: HttpCall): Promise<Response> => {
  const url = new URL(call.path, connection.url).href
  connection.onRequest?.(call.method, url)
  const init = {
    method: call.method,
    headers: {
      ...(connection.token && { authorization: `Bearer ${connection.token}` }),
      ...(call.json !== undefined && { 'content-type': 'application/json' }),
      ...call.headers,
    },
    body: call.json === undefined ? call.body : JSON.stringify(call.json),
    signal: call.signal,
  }
  const response = await fetch(url, init).catch((error: unknown) => {
    if (call.signal?.aborted) throw error
    throw new UnreachableError(connection.url, error)
  })
  if (!response.ok && !call.accept?.includes(response.status)) throw await problemOf(response)
  return response
}
