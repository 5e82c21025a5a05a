import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Event } from '@bramble/contracts'
import { makeTempFolder } from './temp-folder.ts'

/** What the master's store holds, read past the master. */
export interface StoreReading {
  /** Documents of a collection that are not removed. */
  documents: <T>(collection: string) => T[]
  events: Omit<Event, 'sequence'>[]
}

/** Reads a copy, since the master keeps its database locked; of a master that runs, what it had written at that moment. */
export async function readStore(stateDir: string): Promise<StoreReading> {
  await using folder = await makeTempFolder()
  const [from, to] = [join(stateDir, 'master/bramble.sqlite'), join(folder.path, 'copy.sqlite')]
  await copyFile(from, to)
  await copyFile(`${from}-wal`, `${to}-wal`).catch(() => {})
  const database = new DatabaseSync(to)
  try {
    const rows = database.prepare('SELECT collection, body FROM documents WHERE removed = 0').all()
    const bodies = database.prepare('SELECT body FROM events ORDER BY sequence').all()
    return {
      documents: <T>(collection: string) =>
        rows.filter((row) => row['collection'] === collection).map((row) => JSON.parse(String(row['body'])) as T),
      events: bodies.map((row) => JSON.parse(String(row['body'])) as Omit<Event, 'sequence'>),
    }
  } finally {
    database.close()
  }
}
