import { addMs } from '@bramble/kit'
import type { TaskDefinition } from '@bramble/kit'
import type { Master } from '../master.ts'

const batchSize = 500

/** Answers to Idempotency-Keys are forgotten after a day: nobody repeats a request for longer. */
export function expireIdempotency({ store, clock, config }: Master): TaskDefinition {
  const records = store.collection('idempotency')
  return {
    name: 'expire-idempotency',
    periodMs: 600_000,
    run: async (stopping) => {
      const before = addMs(clock.now(), -config.idempotency.keepSeconds * 1000)
      for (let isMore = true; isMore && !stopping.aborted;) {
        const { items } = await records.find({ keep: ({ createdAt }) => createdAt < before, limit: batchSize })
        await Promise.all(items.map(({ id }) => records.remove(id)))
        isMore = items.length === batchSize
      }
    },
  }
}
