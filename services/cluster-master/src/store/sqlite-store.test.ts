import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fakeClock } from '@bramble/kit'
import { StoreUnavailableError, WriteInDoubtError } from './errors.ts'
import { groupWrites } from './sqlite/write-group.ts'
import { openSqliteStore } from './sqlite-store.ts'
import { setting } from './store-samples.ts'

const clock = fakeClock()
const dayMs = 86_400_000

describe('opening a SQLite store', () => {
  let folder: string
  let path: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bramble-sqlite-'))
    path = join(folder, 'new', 'store.db')
  })
  afterEach(() => rm(folder, { recursive: true }))

  const openRaw = async (change: (database: DatabaseSync) => void) => {
    await openSqliteStore({ path, clock }).close()
    const database = new DatabaseSync(path)
    change(database)
    database.close()
  }
  const indexNames = () => {
    const database = new DatabaseSync(path)
    const names = database.prepare(`SELECT name FROM sqlite_schema WHERE type = 'index'`).all()
    database.close()
    return names.map(({ name }) => name)
  }

  it('makes a file that only its owner reads', async () => {
    await openSqliteStore({ path, clock }).close()
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  it('answers no write whose log it cannot sync', async () => {
    const store = openSqliteStore({ path, clock })
    await rm(`${path}-wal`)
    const failure = await store
      .collection('settings')
      .insert(setting('a', 1))
      .catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(WriteInDoubtError)
    await store.close()
  })

  it('refuses a file that another has open', async () => {
    const store = openSqliteStore({ path, clock })
    expect(() => openSqliteStore({ path, clock })).toThrow(/store\.db: another process has it open/)
    await store.close()
  })

  it('refuses a file that is no database', async () => {
    path = join(folder, 'store.db')
    await writeFile(path, 'not a database, '.repeat(1000))
    expect(() => openSqliteStore({ path, clock })).toThrow(/damaged, or not a database at all/)
  })

  it('refuses the store of a newer version', async () => {
    await openRaw((database) => database.exec('PRAGMA user_version = 99'))
    expect(() => openSqliteStore({ path, clock })).toThrow(/written by a newer Bramble \(schema 99/)
  })

  it('aligns the indexes with those declared', async () => {
    await openRaw((database) => {
      database.exec('CREATE INDEX "field:nodes:oldOne" ON documents (body); DROP INDEX "field:tokens:secretHash"')
    })
    await openSqliteStore({ path, clock }).close()
    expect(indexNames()).toContain('field:tokens:secretHash')
    expect(indexNames()).not.toContain('field:nodes:oldOne')
  })
})

it('forgets a removal after seven days, never the newest write', async () => {
  const store = openSqliteStore({ path: ':memory:', clock })
  for (const id of ['a', 'b', 'c']) await store.collection('settings').insert(setting(id, 0))
  const removedIds = async () => (await store.changes(0, 10)).filter(({ removed }) => removed).map(({ id }) => id)
  await store.collection('settings').remove('a')
  clock.advance(6 * dayMs)
  await store.collection('settings').remove('b')
  expect(await removedIds()).toEqual(['a', 'b'])
  clock.advance(2 * dayMs)
  await store.collection('settings').remove('c')
  expect(await removedIds()).toEqual(['b', 'c'])
  await store.close()
})

describe('grouped writes', () => {
  const openGroup = (sync = async () => {}) => {
    const database = new DatabaseSync(':memory:')
    database.exec('PRAGMA page_size = 4096; CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT)')
    let commits = 0
    const counting = {
      exec: (sql: string) => {
        if (sql === 'COMMIT') commits += 1
        database.exec(sql)
      },
      get isTransaction() {
        return database.isTransaction
      },
    }
    const insert = (id: number, bytes = 10) =>
      database.prepare('INSERT INTO t VALUES (?, ?)').run(id, 'x'.repeat(bytes))
    const count = () => Number(database.prepare('SELECT count(*) AS n FROM t').get()?.['n'])
    return { group: groupWrites(counting, sync), database, insert, count, commits: () => commits }
  }

  it('share one commit when they are issued together', async () => {
    const { group, insert, count, commits } = openGroup()
    await Promise.all(Array.from({ length: 100 }, (_, id) => group.write(() => insert(id))))
    expect(commits()).toBe(1)
    expect(count()).toBe(100)
  })

  it('are answered only when what was committed is on the disk', async () => {
    const syncs: PromiseWithResolvers<void>[] = []
    const { group, insert, commits } = openGroup(() => {
      syncs.push(Promise.withResolvers())
      return syncs.at(-1)!.promise
    })
    const answered: number[] = []
    const write = (id: number) => group.write(() => insert(id)).then(() => void answered.push(id))
    const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    const writes = [write(1)]
    await turn()
    for (const id of [2, 3]) {
      writes.push(write(id))
      await turn()
    }
    expect([commits(), syncs.length, answered]).toEqual([1, 1, []])
    syncs[0]!.resolve()
    await turn()
    // The two that were issued meanwhile are the next group.
    expect([commits(), syncs.length, answered]).toEqual([2, 2, [1]])
    syncs[1]!.resolve()
    await Promise.all(writes)
    expect([commits(), answered]).toEqual([2, [1, 2, 3]])
  })

  it('are in doubt when the disk fails, and no more is written then', async () => {
    let fails = true
    const { group, insert, count } = openGroup(async () => {
      if (fails) throw new Error('EIO')
    })
    const first = await group.write(() => insert(1)).catch((error: unknown) => error)
    fails = false
    const second = await group.write(() => insert(2)).catch((error: unknown) => error)
    expect(first).toBeInstanceOf(WriteInDoubtError)
    expect([second instanceof WriteInDoubtError, (second as Error).message]).toEqual([
      false,
      'the disk failed (EIO): start the master again',
    ])
    expect(count()).toBe(1)
    await group.close()
  })

  it('all fail when the database does, and later ones succeed', async () => {
    const { group, database, insert, count } = openGroup()
    database.exec('PRAGMA max_page_count = 10')
    const outcomes = await Promise.allSettled([1, 2, 3].map((id) => group.write(() => insert(id, id * 15_000))))
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(StoreUnavailableError) })
      expect(outcome).toMatchObject({ reason: { message: 'cannot write to the store: the disk is full' } })
    }
    expect(count()).toBe(0)
    await group.write(() => insert(1))
    expect(count()).toBe(1)
  })

  it('are ended by close()', async () => {
    const { group, insert, count } = openGroup()
    const writes = Promise.all(Array.from({ length: 600 }, (_, id) => group.write(() => insert(id))))
    await group.close()
    expect(count()).toBe(600)
    await writes
  })
})
