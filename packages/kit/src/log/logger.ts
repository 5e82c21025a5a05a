import { pino, stdTimeFunctions } from 'pino'
import type { DestinationStream, Logger as PinoLogger } from 'pino'
import { describeError } from '../errors/describe-error.ts'

export type Logger = PinoLogger
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

export interface LoggerOptions {
  component: string
  level?: LogLevel
  /** Standard output when absent. */
  to?: DestinationStream
}

// Also one level down, where a request, a config or a desired document may carry them.
const secretFields = ['token', 'secret', 'password', 'authorization']

/** One JSON line per event. Errors go under `err`: `log.error({ err, instance }, 'cannot start instance')`. */
export function createLogger({ component, level = 'info', to }: LoggerOptions): Logger {
  const options = {
    level,
    base: { component },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: serializeError },
    redact: { paths: secretFields.flatMap((name) => [name, `*.${name}`]), censor: '********' },
  }
  return to === undefined ? pino(options) : pino(options, to)
}

export const silentLogger = (): Logger => pino({ level: 'silent' })

function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: describeError(error) }
  const code = (error as NodeJS.ErrnoException).code
  return { name: error.name, message: describeError(error), ...(code !== undefined && { code }), stack: error.stack }
}
