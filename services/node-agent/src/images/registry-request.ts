// One HTTP request to a registry: token, deadline, and the two ways in which it can fail. A ProblemError is final and
// says why; a TransientRegistryError (a broken connection, 5xx, 429) is worth another try.
import { ProblemError } from '@bramble/kit'
import type { ProblemCode } from '@bramble/contracts'
import { certificateProblemOf } from '@bramble/tls-client'
import type { Fetch } from '@bramble/tls-client'

export interface RegistryAccess {
  /** Root of the registry's host, `http://127.0.0.1:7070`. It may be another one at the next request. */
  readonly url: string
  /** Told of the root that did not serve. */
  onFailure?: (url: string) => void
  /** Asked for at every request, so that it may change while the agent runs. */
  token: () => string
  /** Of who trusts the registry's certificate; Node's own when absent. */
  fetch?: Fetch
  /** Longest silence before a connection counts as broken. Default: 30 s. */
  idleTimeoutMs?: number
  retry?: RetryOptions
}

export interface RetryOptions {
  /** Tries in a row without any progress. Default: 40, some two minutes: a master that is replaced is sat out. */
  maxTries?: number
  /** Default: 200 ms, doubling up to 5 s. */
  minDelayMs?: number
  maxDelayMs?: number
}

export interface RegistryRequest {
  method: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  /** Path below the registry's root, or the whole URL that it named in a Location. */
  target: string
  headers?: Record<string, string>
  body?: Uint8Array<ArrayBuffer>
  signal?: AbortSignal | undefined
  /** Statuses that are an answer; all others are errors. */
  expect: number[]
}

/** The registry could not be reached, or said that it may do it later. */
export class TransientRegistryError extends Error {}

/** Slower than this, sending a body counts as broken. */
const minUploadBytesPerSecond = 32 * 1024

/** Resolves with the response's head; its body is the caller's to read, or to cancel. */
export async function sendRequest(access: RegistryAccess, request: RegistryRequest): Promise<Response> {
  const { method, headers, body, signal, expect } = request
  const root = access.url
  const url = resolveTarget(root, request.target)
  const silence = new AbortController()
  const allowedMs = idleTimeoutOf(access) + ((body?.length ?? 0) / minUploadBytesPerSecond) * 1000
  const timer = setTimeout(() => silence.abort(new Error(`no answer within ${allowedMs} ms`)), allowedMs)
  const { fetch: send = fetch } = access
  const response = await send(url, {
    method,
    headers: { authorization: `Bearer ${access.token()}`, ...headers },
    redirect: 'error',
    signal: signal === undefined ? silence.signal : AbortSignal.any([signal, silence.signal]),
    ...(body !== undefined && { body }),
  })
    .catch((cause: unknown) => {
      signal?.throwIfAborted()
      access.onFailure?.(root)
      if (cause instanceof ProblemError) throw cause
      const problem = certificateProblemOf(cause, root)
      if (problem) throw new ProblemError(problem.code, problem.detail, { cause })
      throw new TransientRegistryError(`${method} ${url.href} failed`, { cause })
    })
    .finally(() => clearTimeout(timer))
  if (expect.includes(response.status)) return response
  if (response.status === 503) access.onFailure?.(root)
  throw await readFailure(response, `${method} ${url.pathname}`)
}

export const idleTimeoutOf = (access: RegistryAccess): number => access.idleTimeoutMs ?? 30_000

/** A Location may be relative; it must stay on the registry's host, to which the token belongs. */
function resolveTarget(root: string, target: string): URL {
  const url = new URL(target, root)
  if (url.origin !== new URL(root).origin) {
    throw new ProblemError('unavailable', `The registry pointed to another host, ${url.origin}.`)
  }
  return url
}

const codes: Record<string, ProblemCode> = {
  BLOB_UNKNOWN: 'blob_unknown',
  MANIFEST_UNKNOWN: 'blob_unknown',
  MANIFEST_BLOB_UNKNOWN: 'blob_unknown',
  NAME_UNKNOWN: 'blob_unknown',
  MANIFEST_INVALID: 'manifest_invalid',
  DIGEST_INVALID: 'digest_mismatch',
  SIZE_INVALID: 'blob_too_large',
  UNAUTHORIZED: 'unauthenticated',
  DENIED: 'forbidden',
}

const statuses: Record<number, ProblemCode> = {
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'blob_unknown',
  413: 'blob_too_large',
  416: 'upload_range',
  507: 'storage_full',
}

/** Errors of a registry are JSON, `{"errors":[{"code","message"}]}` (OCI distribution specification, "Error Codes"). */
async function readFailure(response: Response, what: string): Promise<Error> {
  const text = (await response.text().catch(() => '')).slice(0, 4096)
  const [first] = parseErrors(text)
  const said = `${what}: ${response.status} ${first?.message ?? first?.code ?? response.statusText}`
  const code = statuses[response.status] ?? codes[first?.code ?? ''] ?? undefined
  if (code !== undefined) return new ProblemError(code, `The registry refused ${said}`)
  const mayPass = response.status >= 500 || response.status === 429 || response.status === 408
  return mayPass ? new TransientRegistryError(said) : new ProblemError('internal', `The registry refused ${said}`)
}

function parseErrors(text: string): { code?: string; message?: string }[] {
  try {
    const { errors } = JSON.parse(text) as { errors?: unknown }
    return Array.isArray(errors) ? errors : []
  } catch {
    return []
  }
}
