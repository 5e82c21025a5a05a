export interface BackoffRule {
  initialMs: number
  maxMs: number
}

/**
 * How long to wait before the next try after `failures` (>= 1) in a row: doubling, then shortened by up to a quarter
 * at random, so that many who failed together do not come back together.
 */
export function backoffMs(failures: number, { initialMs, maxMs }: BackoffRule, random = Math.random): number {
  const fullMs = Math.min(maxMs, initialMs * 2 ** Math.min(failures - 1, 30))
  return Math.round(fullMs * (1 - random() / 4))
}
