import type { TaskDefinition } from '@bramble/kit'
import { eventsOfChange } from '../domain/event-of-change.ts'
import type { Master } from '../master.ts'
import { readNumber, writeNumber } from '../store/number-setting.ts'

const cursorId = 'events.cursor'
const batchSize = 1000

/**
 * Numbers what was written. The cursor is kept behind the events: after a crash or a failure some writes are read again,
 * and their events, which have the same ids, are left out.
 */
export function recordEvents(master: Master): TaskDefinition {
  const { store, events } = master
  let cursor: number | undefined
  return {
    name: 'record-events',
    periodMs: 10_000,
    minIntervalMs: 50,
    run: async (stopping) => {
      cursor ??= await readNumber(store, cursorId)
      for (let isMore = true; isMore && !stopping.aborted;) {
        const changes = await store.changes(cursor, batchSize)
        const found = changes.flatMap(eventsOfChange)
        if (found.length > 0) await events.append(found)
        cursor = changes.at(-1)?.cursor ?? cursor
        isMore = changes.length === batchSize
        // Written only after events, of which this write is none: else it would find itself for ever.
        if (found.length > 0) await writeNumber(store, cursorId, cursor)
      }
    },
  }
}
