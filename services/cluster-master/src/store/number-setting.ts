import type { Store } from './store.ts'

type Settings = Pick<Store, 'collection'>

/** A number that the store keeps under a name; 0 when there is none. */
export async function readNumber(store: Settings, id: string): Promise<number> {
  const value = (await store.collection('settings').get(id))?.value
  return typeof value === 'number' ? value : 0
}

export async function writeNumber(store: Settings, id: string, value: number): Promise<void> {
  const settings = store.collection('settings')
  if (await settings.update(id, (setting) => ({ ...setting, value }))) return
  await settings.insert({ id, value })
}
