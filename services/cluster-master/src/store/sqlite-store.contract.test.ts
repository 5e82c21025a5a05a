import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteStore } from './sqlite-store.ts'
import { storeContract } from './store.contract.ts'

const writerScript = join(import.meta.dirname, 'sqlite-writer.fixture.ts')

storeContract('on SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bramble-store-'))
  const path = join(folder, 'store.db')
  return {
    open: (clock) => openSqliteStore({ path, clock }),
    spawnWriter: () => spawn(process.execPath, [writerScript, path], { stdio: ['ignore', 'pipe', 'inherit'] }),
    dispose: () => rm(folder, { recursive: true }),
  }
})
