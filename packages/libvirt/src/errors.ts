import type { ErrorMessage } from './protocol/types.ts'

/** The error numbers that callers commonly tell apart (virErrorNumber of libvirt's virterror.h). */
export const errorCodes = {
  internalError: 1,
  noMemory: 2,
  noSupport: 3,
  noConnect: 5,
  invalidArg: 8,
  operationFailed: 9,
  xmlError: 27,
  domainExists: 28,
  operationDenied: 29,
  xmlDetail: 35,
  systemError: 38,
  rpc: 39,
  noDomain: 42,
  authFailed: 45,
  operationInvalid: 55,
  configUnsupported: 67,
  operationTimeout: 68,
  operationAborted: 78,
  noDomainMetadata: 80,
  migrateUnsafe: 81,
  operationUnsupported: 84,
  agentUnresponsive: 86,
  resourceBusy: 87,
  accessDenied: 88,
  cpuIncompatible: 91,
  xmlInvalidSchema: 92,
} as const

export type ErrorName = keyof typeof errorCodes

/** The daemon's own answer to a call that it refused or could not do. */
export class LibvirtError extends Error {
  override readonly name = 'LibvirtError'
  /** virErrorNumber: what kind of failure. */
  readonly code: number
  /** virErrorDomain: which part of libvirt reported it (10 = the QEMU driver). */
  readonly domain: number
  /** 1 warning, 2 error. */
  readonly level: number
  /** The procedure that was called. */
  readonly call: string

  constructor(call: string, error: ErrorMessage) {
    super(`libvirt ${call}: ${error.message ?? 'failed without a message'}`)
    this.call = call
    this.code = error.code
    this.domain = error.domain
    this.level = error.level
  }
}

/** Why a call got no answer. After 'lost' and 'timeout' the daemon may still have done what was asked. */
export type ConnectionFailure = 'unreachable' | 'authentication' | 'lost' | 'closed' | 'timeout' | 'protocol'

export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'
  readonly failure: ConnectionFailure

  constructor(failure: ConnectionFailure, message: string, cause?: unknown) {
    super(message, { cause })
    this.failure = failure
  }
}

/** Whether `error` is libvirt's answer with this code, as in `isLibvirtError(error, 'noDomain')`. */
export function isLibvirtError(error: unknown, name: ErrorName): error is LibvirtError {
  return error instanceof LibvirtError && error.code === errorCodes[name]
}
