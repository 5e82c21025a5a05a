import type { Lines } from './message-lines.ts'

export interface KeptLines {
  get(key: string): Lines | undefined
  set(key: string, lines: Lines): void
  delete(key: string): void
}

/**
 * The last message of each key, as many as fit into so many bytes; of one that is larger than all of them, that one. Told
 * is which one is kept no longer.
 */
export function createKeptLines(
  limitBytes: number,
  onForget: (key: string, lines: Lines) => void = () => {},
): KeptLines {
  /** Those set longest ago come first. */
  const lastOf = new Map<string, Lines>()
  let keptBytes = 0
  const take = (key: string): Lines | undefined => {
    const lines = lastOf.get(key)
    keptBytes -= lines?.bytes.length ?? 0
    lastOf.delete(key)
    return lines
  }
  return {
    get: (key) => lastOf.get(key),
    delete: (key) => void take(key),
    set: (key, lines) => {
      take(key)
      lastOf.set(key, lines)
      keptBytes += lines.bytes.length
      for (const oldest of lastOf.keys()) {
        if (keptBytes <= limitBytes || oldest === key) return
        onForget(oldest, take(oldest)!)
      }
    },
  }
}
