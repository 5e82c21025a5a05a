import { makeProblem, masterServerName, type Problem } from '@bramble/contracts'
import { certificateProblemOf, type Fetch, fetchTrusting } from '@bramble/tls-client'
import { askMasters } from './ask-masters.ts'
import { ProblemError, UnreachableError } from './errors.ts'

/** Where a master is and as whom to call it. */
export interface Connection {
  /** `http://127.0.0.1:8080`; several masters on one store are joined by commas. */
  url: string
  token?: string
  /** PEM: the authority that the master's certificate is of; those that Node trusts when left out. */
  ca?: string | undefined
  /** Told of every call before it is made, for --debug. */
  onRequest?: (method: string, url: string) => void
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

/** One HTTP call with the connection's token, to the master that serves. */
export const request = async (connection: Connection, call: HttpCall): Promise<Response> =>
  askMasters(connection.url, { isRepeatable: isRepeatable(call), signal: call.signal }, (url, signal) =>
    send({ ...connection, url }, { ...call, signal }),
  )

/** Sent twice, it does no more than once. */
const isRepeatable = ({ method, headers }: HttpCall): boolean =>
  method === 'GET' || method === 'HEAD' || headers?.['idempotency-key'] !== undefined

const fetchers = new Map<string, Fetch>()

/** Connections are shared by all who trust the same authority. */
const fetchFor = ({ ca }: Connection): Fetch => {
  if (ca === undefined) return fetch
  const known = fetchers.get(ca) ?? fetchTrusting(() => ({ ca, serverName: masterServerName }))
  fetchers.set(ca, known)
  return known
}

const failureOf = ({ url }: Connection, error: unknown): Error => {
  const problem = certificateProblemOf(error, url)
  return problem ? new ProblemError(makeProblem(problem.code, problem.detail)) : new UnreachableError(url, error)
}

const send = async (connection: Connection, call: HttpCall): Promise<Response> => {
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
  const response = await fetchFor(connection)(url, init).catch((error: unknown) => {
    if (call.signal?.aborted) throw call.signal.reason
    throw failureOf(connection, error)
  })
  if (!response.ok && !call.accept?.includes(response.status)) throw await problemOf(response)
  return response
}
