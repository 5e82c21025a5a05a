import { problems } from '@bramble/contracts'
import type { ProblemCode } from '@bramble/contracts'
import { asProblemError } from '@bramble/kit'

// Error codes of the OCI distribution specification 1.1, "Error Codes".
const statuses = {
  BLOB_UNKNOWN: 404,
  BLOB_UPLOAD_INVALID: 416,
  BLOB_UPLOAD_UNKNOWN: 404,
  DENIED: 403,
  DIGEST_INVALID: 400,
  MANIFEST_BLOB_UNKNOWN: 404,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_UNKNOWN: 404,
  SIZE_INVALID: 400,
  TOOMANYREQUESTS: 429,
  UNAUTHORIZED: 401,
  UNSUPPORTED: 405,
} as const

export type RegistryCode = keyof typeof statuses

/** What a registry's client is told. */
export class RegistryError extends Error {
  readonly status: number
  readonly body: { errors: { code: string; message: string; detail?: unknown }[] }

  constructor(code: RegistryCode | 'UNKNOWN', message: string, more: { status?: number; detail?: unknown } = {}) {
    super(message)
    this.name = 'RegistryError'
    this.status = more.status ?? (code === 'UNKNOWN' ? 500 : statuses[code])
    this.body = { errors: [{ code, message, ...(more.detail !== undefined && { detail: more.detail }) }] }
  }
}

const registryCodes: Partial<Record<ProblemCode, RegistryCode>> = {
  blob_too_large: 'SIZE_INVALID',
  blob_unknown: 'BLOB_UNKNOWN',
  body_too_large: 'SIZE_INVALID',
  digest_mismatch: 'DIGEST_INVALID',
  forbidden: 'DENIED',
  manifest_invalid: 'MANIFEST_INVALID',
  too_many_requests: 'TOOMANYREQUESTS',
  unauthenticated: 'UNAUTHORIZED',
  upload_range: 'BLOB_UPLOAD_INVALID',
}

/** Our problems keep their status; code and hint of ours are the detail. */
export function toRegistryError(error: unknown): RegistryError {
  if (error instanceof RegistryError) return error
  const { code, message } = asProblemError(error)
  const { status, hint } = problems[code]
  return new RegistryError(registryCodes[code] ?? 'UNKNOWN', message, { status, detail: { code, hint } })
}
