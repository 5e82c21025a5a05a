import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { dropDatabase, openStoreAt, startMongoBed } from './mongo-bed.ts'
import type { MongoBed } from './mongo-bed.ts'
import { storeContract } from './store.contract.ts'

const writerScript = join(import.meta.dirname, 'mongo-writer.fixture.ts')

let bed: MongoBed
beforeAll(async () => void (bed = await startMongoBed()), 120_000)
afterAll(() => bed.stop())

storeContract('on a server that speaks MongoDB', async () => {
  const uri = bed.uriOfNewDatabase()
  return {
    open: (clock) => openStoreAt(uri, { clock }),
    spawnWriter: () => spawn(process.execPath, [writerScript, uri], { stdio: ['ignore', 'pipe', 'inherit'] }),
    dispose: () => dropDatabase(uri),
  }
})
