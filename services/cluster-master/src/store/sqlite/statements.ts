import type { DatabaseSync, StatementSync } from 'node:sqlite'

const mostStatements = 300

export type Prepare = (sql: string) => StatementSync

/** Prepares each text once. Lists may be sorted by any field, so the texts are many: when too many, all are forgotten. */
export function cacheStatements(database: DatabaseSync): Prepare {
  const cache = new Map<string, StatementSync>()
  return (sql) => {
    const known = cache.get(sql)
    if (known) return known
    if (cache.size >= mostStatements) cache.clear()
    const statement = database.prepare(sql)
    cache.set(sql, statement)
    return statement
  }
}
