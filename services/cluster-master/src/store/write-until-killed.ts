import type { Store } from './store.ts'

/**
 * The child of the contract's kill test: writes settings without end, several at a time, and prints the id of each
 * write once it is acknowledged. What it printed must be in the store after it was killed.
 */
export async function writeUntilKilled(store: Store, writers = 8): Promise<never> {
  const settings = store.collection('settings')
  const writeOn = async (writer: number): Promise<never> => {
    for (let n = 0; ; n += 1) {
      const { id } = await settings.insert({ id: `${writer}-${n}`, value: n })
      process.stdout.write(`${id}\n`)
    }
  }
  await Promise.race(Array.from({ length: writers }, (_, writer) => writeOn(writer)))
  throw new Error('unreachable')
}
