/** What went wrong and why, in one line: `cannot start web-1: define failed: permission denied (EACCES)`. */
export function describeError(error: unknown): string {
  return describeChain(error, new Set())
}

function describeChain(error: unknown, seen: Set<unknown>): string {
  if (!(error instanceof Error)) return String(error)
  seen.add(error)
  const causes = causesOf(error).filter((cause) => !seen.has(cause))
  const own = describeOne(error)
  if (causes.length === 0) return own
  const why = causes.map((cause) => describeChain(cause, seen)).join('; ')
  return own === '' ? why : `${own}: ${why}`
}

function causesOf(error: Error): unknown[] {
  const several = error instanceof AggregateError ? (error.errors as unknown[]) : []
  return error.cause === undefined ? several : [...several, error.cause]
}

function describeOne(error: Error): string {
  const code = (error as NodeJS.ErrnoException).code
  const text = error.message === '' && !(error instanceof AggregateError) ? error.name : error.message
  return code === undefined || text.includes(String(code)) ? text : `${text} (${code})`
}
