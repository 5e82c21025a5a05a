/** A part of a longer answer came: the silence begins anew. */
export type Alive = () => void

/** Ends a call once `silenceMs` went by without a sign of life. What it was about may go on and is heard no more. */
export function endAfterSilence<T>(silenceMs: number, call: (alive: Alive) => Promise<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  let lastSignMs = performance.now()
  const check = () => {
    const leftMs = lastSignMs + silenceMs - performance.now()
    if (leftMs <= 0) reject(new SilenceError(silenceMs))
    else timer = setTimeout(check, leftMs)
  }
  let timer = setTimeout(check, silenceMs)
  call(() => void (lastSignMs = performance.now()))
    .then(resolve, reject)
    .finally(() => clearTimeout(timer))
  return promise
}

export class SilenceError extends Error {
  constructor(silenceMs: number) {
    super(`no answer within ${silenceMs} ms`)
    this.name = 'SilenceError'
  }
}
