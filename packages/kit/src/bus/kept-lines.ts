import type { Lines } from './message-lines.ts'

export interface KeptLines {
  get(key: string): Lines | undefined
  set(key: string, lines: Lines): void
}

/** The last message of each key, as many as fit into so many bytes; of one that is larger than all of them, that one. */
export function createKeptLines(limitBytes: number): KeptLines {
  /** Those set longest ago come first. */
  const lastOf = new Map<string, Lines>()
  let keptBytes = 0
  const forget = (key: string) => {
    keptBytes -= lastOf.get(key)?.bytes.length ?? 0
    lastOf.delete(key)
  }
  return {
    get: (key) => lastOf.get(key),
    set: (key, lines) => {
      forget(key)
      lastOf.set(key, lines)
      keptBytes += lines.bytes.length
      for (const oldest of lastOf.keys()) {
        if (keptBytes <= limitBytes || oldest === key) return
        forget(oldest)
      }
    },
  }
}
