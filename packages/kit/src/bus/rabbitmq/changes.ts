/** Lets any number of waiters sleep until something changed. */
export interface Changes {
  tell(): void
  /** Resolves at the next change, or when `stopped` is aborted. */
  next(stopped: AbortSignal): Promise<void>
}

export function createChanges(): Changes {
  const waiting = new Set<() => void>()
  return {
    tell: () => [...waiting].forEach((wake) => wake()),
    next: (stopped) =>
      new Promise((resolve) => {
        const wake = () => {
          waiting.delete(wake)
          stopped.removeEventListener('abort', wake)
          resolve()
        }
        waiting.add(wake)
        stopped.addEventListener('abort', wake)
      }),
  }
}
