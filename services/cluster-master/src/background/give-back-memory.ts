import type { TaskDefinition } from '@bramble/kit'
import type { Master } from '../master.ts'

/** By then its nodes were told of all that they have, and have answered. */
const afterMs = 60_000

/**
 * What the first minute took, when thousands of documents are made and heard of, V8 does not give back while reports keep
 * coming. So it is told to, once; of 100,000 instances that takes about a second, in which the master answers nobody. Only
 * where Node was started with `--expose-gc`, as in the image.
 */
export function giveBackMemory(
  { clock, startedAtMs, logger }: Pick<Master, 'clock' | 'startedAtMs' | 'logger'>,
  collect = globalThis.gc,
): TaskDefinition {
  let isDone = false
  return {
    name: 'give-back-memory',
    periodMs: 10_000,
    run: async () => {
      if (isDone || !collect || clock.monotonicMs() - startedAtMs < afterMs) return
      isDone = true
      const [before, began] = [process.memoryUsage.rss(), performance.now()]
      await collect({ type: 'major', execution: 'async', flavor: 'last-resort' })
      const [freed, tookMs] = [before - process.memoryUsage.rss(), Math.round(performance.now() - began)]
      logger.info({ tookMs }, `gave back ${Math.max(0, Math.round(freed / 2 ** 20))} MiB`)
    },
  }
}
