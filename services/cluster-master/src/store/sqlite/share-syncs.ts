/**
 * One sync at a time: who asks while one is under way shares the next, which begins after what all of them wrote. After
 * one that failed all fail: Linux may call pages clean that it could not write, so a later success would say nothing of
 * them (https://www.sqlite.org/atomiccommit.html, 9; fsync(2), EIO).
 */
export function shareSyncs(sync: () => Promise<void>): () => Promise<void> {
  let last = Promise.resolve()
  let next: Promise<void> | undefined
  const begin = () => {
    next = undefined
    last = sync()
    return last
  }
  return () => (next ??= last.then(begin))
}
