import { ProblemError } from '@bramble/kit'

export type TakeTurn = <T>(key: string, act: (signal: AbortSignal) => Promise<T>) => Promise<T>

/**
 * One act per key at a time, and the newest wins: a client whose connection broke comes back before the server has
 * noticed, so the act under way is aborted and waited for.
 */
export function createTurns(): TakeTurn {
  const turns = new Map<string, { abort: AbortController; ended: Promise<unknown> }>()
  return async (key, act) => {
    const before = turns.get(key)
    before?.abort.abort(new ProblemError('upload_range', 'Another request took this upload over.'))
    const abort = new AbortController()
    const work = Promise.resolve(before?.ended).then(() => act(abort.signal))
    const turn = { abort, ended: work.catch(() => {}) }
    turns.set(key, turn)
    try {
      return await work
    } finally {
      if (turns.get(key) === turn) turns.delete(key)
    }
  }
}
