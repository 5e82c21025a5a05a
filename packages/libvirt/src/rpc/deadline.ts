/** `promise`, or the rejection that `late` gives once the time is over. Without a time: `promise` itself. */
export function withDeadline<T>(promise: Promise<T>, timeoutMs: number | undefined, late: () => Error): Promise<T> {
  if (timeoutMs === undefined) return promise
  const { promise: deadline, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(late()), timeoutMs)
  return Promise.race([promise, deadline]).finally(() => clearTimeout(timer))
}
