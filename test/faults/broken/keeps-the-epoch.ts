import type { Patch } from '../support/patch.ts'

/** A master that takes over goes on under the epoch of the one before, and counts its documents from the beginning. */
export const keepsTheEpoch: Patch = {
  file: 'services/cluster-master/src/background/revision-counter.ts',
  find: 'const epoch = (await readNumber(store, epochId)) + 1',
  replace: 'const epoch = (await readNumber(store, epochId)) || 1',
}
