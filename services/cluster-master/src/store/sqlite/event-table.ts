import type { Event } from '@bramble/contracts'
import type { Prepare } from './statements.ts'

export interface EventTable {
  append(events: Omit<Event, 'sequence'>[], keep: number): Event[]
  read(after: number, limit: number): { items: Event[]; firstSequence: number; lastSequence: number }
}

type EventBody = Omit<Event, 'sequence'>

export function eventTable(prepare: Prepare): EventTable {
  const selectId = prepare('SELECT 1 FROM events WHERE id = ?')
  const insert = prepare('INSERT INTO events (id, body) VALUES (?, ?)')
  const deleteOld = prepare('DELETE FROM events WHERE sequence <= ?')
  const select = prepare('SELECT sequence, body FROM events WHERE sequence > ? ORDER BY sequence LIMIT ?')
  const selectFirst = prepare('SELECT min(sequence) AS sequence FROM events')
  // Kept by AUTOINCREMENT even when no event is left, so that a number is never given twice.
  const selectLast = prepare(`SELECT seq AS sequence FROM sqlite_sequence WHERE name = 'events'`)

  const lastSequence = () => Number(selectLast.get()?.['sequence'] ?? 0)
  const firstSequence = () => Number(selectFirst.get()?.['sequence'] ?? lastSequence() + 1)

  const appendOne = (event: EventBody): Event[] => {
    if (selectId.get(event.id)) return []
    const { lastInsertRowid } = insert.run(event.id, JSON.stringify(event))
    return [{ sequence: Number(lastInsertRowid), ...event }]
  }

  return {
    append: (events, keep) => {
      const appended = events.flatMap(appendOne)
      deleteOld.run(lastSequence() - keep)
      return appended
    },
    read: (after, limit) => ({
      items: select.all(after, limit).map(({ sequence, body }) => ({
        sequence: Number(sequence),
        ...(JSON.parse(String(body)) as EventBody),
      })),
      firstSequence: firstSequence(),
      lastSequence: lastSequence(),
    }),
  }
}
