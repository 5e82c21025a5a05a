// What the documents of a store look like has a version, kept beside them. A store that an older version wrote is brought
// forward when the master starts, one migration after the other; there is no way back but a backup. One that a newer
// version wrote is refused, before anything in it is changed.
import type { Logger } from '@bramble/kit'
import { SchemaError } from './errors.ts'
import { migrations as allMigrations } from './migrations/migrations.ts'
import type { Migration } from './migrations/migrations.ts'
import { readNumber, writeNumber } from './number-setting.ts'
import type { Store } from './store.ts'

const versionId = 'schema'
/** Of the stores that were written before there was a version. */
const firstVersion = 1

export interface MigrateStore {
  logger: Pick<Logger, 'info'>
  migrations?: readonly Migration[]
}

/** @throws {SchemaError} when the store is newer than this program; it says what to do */
export async function migrateStore(
  store: Pick<Store, 'collection'>,
  { logger, migrations = allMigrations }: MigrateStore,
): Promise<void> {
  const known = firstVersion + migrations.length
  const stored = await readNumber(store, versionId)
  const written = stored || firstVersion
  if (written > known) throw new SchemaError(written, known)
  for (const [done, { what, migrate }] of migrations.entries()) {
    const version = firstVersion + done + 1
    if (version <= written) continue
    logger.info({ version, what }, 'bringing the store forward')
    await migrate(store)
    // After the migration: one that was broken off is done again.
    await writeNumber(store, versionId, version)
  }
  if (stored === 0 && written === known) await writeNumber(store, versionId, known)
}
