import { UsageError } from '../exit-code.ts'

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds of `90s`, `5m`, `1h`, `7d`, or a plain number of seconds. */
export const parseDurationMs = (text: string): number => {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text)
  if (!match) throw new UsageError(`'${text}' is not a duration; write 90s, 5m or 1h`)
  return Number(match[1]) * units[(match[2] ?? 's') as keyof typeof units]
}
