/** Tells when something that is waited for makes no progress any more; costs one timer, and none while nothing waits. */
export interface ProgressWatch {
  /** Waiting began; without effect while it goes on. */
  begin(): void
  progressed(): void
  stop(): void
}

export function watchProgress(limitMs: number, isWaiting: () => boolean, onStalled: () => void): ProgressWatch {
  let lastMs = 0
  let timer: NodeJS.Timeout | undefined

  const leftMs = () => lastMs + limitMs - performance.now()
  const look = () => {
    timer = undefined
    if (!isWaiting()) return
    if (leftMs() > 0) timer = setTimeout(look, leftMs())
    // Where this process itself was held up, the progress is there but was not read yet.
    else setImmediate(() => (leftMs() > 0 ? look() : isWaiting() && onStalled()))
  }
  return {
    begin: () => {
      lastMs = performance.now()
      timer ??= setTimeout(look, limitMs)
    },
    progressed: () => void (lastMs = performance.now()),
    stop: () => clearTimeout(timer),
  }
}
