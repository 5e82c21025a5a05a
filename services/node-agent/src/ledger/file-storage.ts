import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { syncFolder, writeDurably } from '@bramble/kit'
import type { LedgerStorage, Shelf, StoredDocument } from './storage.ts'

const shelves: Shelf[] = ['desired', 'instances', 'captures', 'heard']
const suffix = '.json'
const unfinishedSuffix = '.new'

/** Documents as files `<folder>/<shelf>/<name>.json`, written beside their place, synced and renamed into it. */
export function fileStorage(folder: string): LedgerStorage {
  const shelfFolder = (shelf: Shelf) => join(folder, shelf)
  const pathOf = (shelf: Shelf, name: string) => join(shelfFolder(shelf), name + suffix)

  return {
    readAll: async () => (await Promise.all(shelves.map((shelf) => readShelf(shelf, shelfFolder(shelf))))).flat(),
    write: ({ shelf, name, json }) => {
      const path = pathOf(shelf, name)
      return writeDurably(json(), { path, through: path + unfinishedSuffix })
    },
    remove: async (shelf, name) => {
      await rm(pathOf(shelf, name), { force: true })
      await syncFolder(shelfFolder(shelf))
    },
  }
}

async function readShelf(shelf: Shelf, folder: string): Promise<StoredDocument[]> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const names = await readdir(folder)
  await Promise.all(names.filter((name) => name.endsWith(unfinishedSuffix)).map((name) => rm(join(folder, name))))
  const files = names.filter((name) => name.endsWith(suffix))
  const read = async (file: string) => ({
    shelf,
    name: file.slice(0, -suffix.length),
    text: await readFile(join(folder, file), 'utf8'),
  })
  return Promise.all(files.map(read))
}
