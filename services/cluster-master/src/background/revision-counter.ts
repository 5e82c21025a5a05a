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
  return {
    next: async () => {
      n += 1
      if (n > reserved) {
        reserved = n + blockSize
        await writeNumber(store, reservedId, reserved)
      }
      return { epoch, n }
    },
  }
}
