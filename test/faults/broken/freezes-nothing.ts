import type { Patch } from '../support/patch.ts'

/** The master counts nodes lost also when most of their cluster is silent. */
export const freezesNothing: Patch = {
  file: 'services/cluster-master/src/domain/liveness.ts',
  find: 'silent / of >= frozenFrom.share',
  replace: 'silent / of > 1',
}
