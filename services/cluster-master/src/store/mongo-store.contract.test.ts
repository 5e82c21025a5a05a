import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { eventually, fakeClock } from '@bramble/kit'
import { MongoClient } from 'mongodb'
import { dropDatabase, openStoreAt, startMongoBed } from './mongo-bed.ts'
import type { MongoBed } from './mongo-bed.ts'
import type { Meta } from './mongo/meta.ts'
import { setting } from './store-samples.ts'
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

describe('a store on MongoDB', () => {
  let uri: string
  beforeEach(() => void (uri = bed.uriOfNewDatabase()))
  afterEach(() => dropDatabase(uri))

  it('forgets a removal after seven days', async () => {
    const clock = fakeClock()
    const store = await openStoreAt(uri, { clock })
    const settings = store.collection('settings')
    for (const id of ['a', 'b']) await settings.insert(setting(id, 0))
    await settings.remove('a')
    clock.advance(8 * 86_400_000)
    await settings.remove('b')
    await eventually(async () => expect((await store.changes(0, 10)).map(({ id }) => id)).toEqual(['b']))
    await store.close()
  })

  it('aligns the indexes with those declared', async () => {
    await (await openStoreAt(uri)).close()
    await using client = new MongoClient(uri)
    const tokens = client.db().collection('tokens')
    await tokens.dropIndex('unique:secretHash')
    await tokens.createIndex({ 'document.old': 1 }, { name: 'field:old' })
    await (await openStoreAt(uri)).close()
    const names = (await tokens.indexes()).map(({ name }) => name)
    expect(names).toContain('unique:secretHash')
    expect(names).not.toContain('field:old')
  })

  it('refuses a database that a newer version has laid out', async () => {
    await (await openStoreAt(uri)).close()
    await using client = new MongoClient(uri)
    await client
      .db()
      .collection<Meta>('meta')
      .updateOne({ _id: 'layout' }, { $set: { version: 99 } })
    await expect(openStoreAt(uri)).rejects.toThrow(/newer Bramble \(schema 99; .*\): start that version again/)
  })
})
