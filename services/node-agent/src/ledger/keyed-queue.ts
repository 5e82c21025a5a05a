/** Runs acts on one key one after another, and acts on different keys side by side. */
export function keyedQueue() {
  const tails = new Map<string, Promise<unknown>>()
  return {
    run<T>(key: string, act: () => T | Promise<T>): Promise<T> {
      const before = tails.get(key) ?? Promise.resolve()
      const run = before.then(act)
      const tail = run
        .catch(() => undefined)
        .then(() => {
          if (tails.get(key) === tail) tails.delete(key)
        })
      tails.set(key, tail)
      return run
    },
    /** Resolves once nothing runs or waits. */
    async idle(): Promise<void> {
      while (tails.size > 0) await Promise.all(tails.values())
    },
  }
}
