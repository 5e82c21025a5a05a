import type { Revision } from '@bramble/contracts'
import { readNumber, writeNumber } from '../store/number-setting.ts'
import type { Store } from '../store/store.ts'

export interface RevisionCounter {
  /** Later than every one given before, by this master or an earlier one. */
  next(): Promise<Revision>
}

const epochId = 'master.epoch'
const reservedId = 'desired.n'
const blockSize = 1000

/** Begins a new epoch, durably. */
export async function startEpoch(store: Store): Promise<RevisionCounter> {
  const epoch = (await readNumber(store, epochId)) + 1
  await writeNumber(store, epochId, epoch)
  let n = 0
  let reserved = 0
  let reserving: Promise<void> | undefined
  const reserve = async (upTo: number) => {
    await writeNumber(store, reservedId, upTo)
    reserved = upTo
  }
  return {
    next: async () => {
      const own = (n += 1)
      while (own > reserved) await (reserving ??= reserve(n + blockSize).finally(() => (reserving = undefined)))
      return { epoch, n: own }
    },
  }
}
