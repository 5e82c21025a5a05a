import { SchemaError } from '../errors.ts'
import { metaOf } from './meta.ts'
import type { MongoServer } from './mongo-server.ts'

/** How documents lie in the database: rows.ts, meta.ts. What is in the documents has a version of its own. */
const layout = 1

/** @throws {SchemaError} on a database that a newer program has laid out */
export async function checkLayout(server: MongoServer): Promise<void> {
  const meta = metaOf(server.database)
  const found = await server.ask(() => meta.findOne({ _id: 'layout' }))
  const written = found?.version ?? layout
  if (written > layout) throw new SchemaError(written, layout)
  if (!found) await server.ask(() => meta.updateOne({ _id: 'layout' }, { $set: { version: layout } }, { upsert: true }))
}
