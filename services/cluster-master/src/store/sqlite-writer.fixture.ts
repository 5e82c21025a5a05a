import { systemClock } from '@bramble/kit'
import { openSqliteStore } from './sqlite-store.ts'
import { writeUntilKilled } from './write-until-killed.ts'

await writeUntilKilled(openSqliteStore({ path: process.argv[2] ?? ':memory:', clock: systemClock }))
