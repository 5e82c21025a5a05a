import { silentLogger } from '@bramble/kit'
import { SchemaError } from './errors.ts'
import { changeEach } from './migrations/change-each.ts'
import type { Migration } from './migrations/migrations.ts'
import { migrateStore } from './schema-version.ts'
import { sampleInstance } from './store-samples.ts'
import type { Store } from './store.ts'

/** The part of the store's contract that is about stores of other versions. */
export function schemaContract(current: () => Store): void {
  describe('a store of another version', () => {
    const logger = silentLogger()
    const migrateWith = (...migrations: Migration[]) => migrateStore(current(), { logger, migrations })
    const ran: string[] = []
    beforeEach(() => void (ran.length = 0))

    const rename = (what: string, from: string, to: string): Migration => ({
      what,
      migrate: async (store) => {
        ran.push(what)
        await changeEach(store.collection('instances'), (instance) =>
          instance.name.startsWith(from) ? { ...instance, name: instance.name.replace(from, to) } : undefined,
        )
      },
    })
    const first = rename('first', 'vm-', 'machine-')
    const second = rename('second', 'machine-', 'm-')
    const failing: Migration = {
      what: 'failing',
      migrate: async (store) => {
        await second.migrate(store)
        throw new Error('the power failed')
      },
    }
    const insert = () => current().collection('instances').insert(sampleInstance())
    const namesBeginWith = async (start: string) =>
      (await current().collection('instances').all()).every(({ name }) => name.startsWith(start))

    it('is brought forward, every migration in its turn, and once', async () => {
      await Promise.all(Array.from({ length: 600 }, insert))
      await migrateWith(first)
      expect(await namesBeginWith('machine-')).toBe(true)
      await migrateWith(first, second)
      await migrateWith(first, second)
      expect(ran).toEqual(['first', 'second'])
      expect(await namesBeginWith('m-')).toBe(true)
    })

    it('is brought forward over several versions at once', async () => {
      await insert()
      await migrateWith(first, second)
      expect(ran).toEqual(['first', 'second'])
      expect(await namesBeginWith('m-')).toBe(true)
    })

    it('is brought forward where it was broken off', async () => {
      await insert()
      await expect(migrateWith(first, failing)).rejects.toThrow('the power failed')
      await migrateWith(first, second)
      expect(ran).toEqual(['first', 'second', 'second'])
      expect(await namesBeginWith('m-')).toBe(true)
    })

    it('is refused when it is newer, with what to do, and left as it is', async () => {
      await migrateWith(first, second)
      const before = await current().changes(0, 100)
      const refused = migrateWith(first)
      await expect(refused).rejects.toThrow(SchemaError)
      await expect(refused).rejects.toThrow(
        'written by a newer Bramble (schema 3; this one knows up to 2): start that version again, or restore the backup',
      )
      expect(await current().changes(0, 100)).toEqual(before)
    })
  })
}
