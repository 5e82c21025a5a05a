/**
 * How long each stage of the pipeline was busy, in milliseconds. Stages overlap: their sum is more than the whole, and
 * the longest one is what to improve. `fetch` and `write` count waiting for the other side.
 */
export type Stage = 'fetch' | 'verify' | 'decompress' | 'expand' | 'emit' | 'disk'
export type StageTimings = Record<Stage, number>

export class Stopwatch {
  readonly timings: StageTimings = { fetch: 0, verify: 0, decompress: 0, expand: 0, emit: 0, disk: 0 }

  time<T>(stage: Stage, act: () => T): T {
    const start = performance.now()
    const result = act()
    this.timings[stage] += performance.now() - start
    return result
  }

  async timeAsync<T>(stage: Stage, work: Promise<T>): Promise<T> {
    const start = performance.now()
    const result = await work
    this.timings[stage] += performance.now() - start
    return result
  }
}
