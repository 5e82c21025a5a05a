export interface Random {
  /** From 0 to below 1. */
  (): number
}

/** Told where results are shown; BRAMBLE_SEED repeats it. */
export const seed = Number(process.env['BRAMBLE_SEED'] ?? Date.now() % 1_000_000)

/** Mulberry32: small, and the same on every machine. */
export function seededRandom(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
