import type { DatabaseSync } from 'node:sqlite'
import type { CollectionName } from '../store.ts'
import { SchemaError } from '../errors.ts'
import { collectionNames, indexes } from '../indexes.ts'
import { fieldExpression } from './field-expression.ts'

// One table holds the documents of all collections, so that one counter, `cursor`, orders all writes of the store. A
// removed document stays as its own tombstone (removed = 1), outside of every index of fields.
//
// What is in the documents has a version of its own (schema-version.ts); this is about the tables that they lie in.
//
// To change the tables: append a migration. Those that stand here have run on stores in the field; never edit them.
const migrations: readonly string[] = [
  `CREATE TABLE documents (
     collection TEXT NOT NULL,
     id TEXT NOT NULL,
     revision INTEGER NOT NULL,
     cursor INTEGER NOT NULL,
     removed INTEGER NOT NULL,
     at TEXT NOT NULL,
     body TEXT NOT NULL,
     PRIMARY KEY (collection, id)
   ) STRICT;
   CREATE UNIQUE INDEX documents_cursor ON documents (cursor);
   CREATE INDEX documents_tombstones ON documents (at) WHERE removed = 1;
   CREATE TABLE events (sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL) STRICT;
   CREATE TABLE probes (id INTEGER PRIMARY KEY, at TEXT NOT NULL) STRICT;`,
]

/** Brings the tables to the version that this program knows, one migration per transaction. */
export function migrate(database: DatabaseSync): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
  if (version > migrations.length) throw new SchemaError(version, migrations.length)
  for (const [index, sql] of migrations.entries()) {
    if (index < version) continue
    database.exec(`BEGIN IMMEDIATE; ${sql} PRAGMA user_version = ${index + 1}; COMMIT`)
  }
  alignIndexes(database)
}

const prefix = 'field:'
export const indexName = (collection: CollectionName, field: string): string => `${prefix}${collection}:${field}`

/** The field whose uniqueness a "UNIQUE constraint failed: index '…'" speaks of. */
export const fieldOfIndex = (message: string): string | undefined => /index 'field:[^:]+:([^']+)'/.exec(message)?.[1]

/** Makes the indexes that indexes.ts declares and drops the others. */
function alignIndexes(database: DatabaseSync): void {
  const wanted = new Map(collectionNames.flatMap(indexStatements))
  const present = database.prepare(`SELECT name FROM sqlite_schema WHERE type = 'index' AND name LIKE '${prefix}%'`)
  for (const { name } of present.all()) {
    if (!wanted.delete(String(name))) database.exec(`DROP INDEX "${String(name)}"`)
  }
  for (const sql of wanted.values()) database.exec(sql)
}

function indexStatements(collection: CollectionName): [name: string, sql: string][] {
  const { unique, fields } = indexes[collection]
  const on = (field: string, columns: string, kind: string): [string, string] => [
    indexName(collection, field),
    `CREATE ${kind} "${indexName(collection, field)}" ON documents (${columns})
     WHERE collection = '${collection}' AND removed = 0`,
  ]
  return [
    ...unique.map((field) => on(field, fieldExpression(collection, field), 'UNIQUE INDEX')),
    ...fields.map((field) => on(field, `${fieldExpression(collection, field)}, id`, 'INDEX')),
  ]
}
